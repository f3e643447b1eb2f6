package dev.jangada.server.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import org.jspecify.annotations.Nullable;

/** A request that is answered with an error before anything was done with it. */
final class HttpRefusal extends Exception {

  private static final long serialVersionUID = 1;

  private final transient HttpResponseStatus status;
  private final @Nullable String allowedMethods;

  HttpRefusal(HttpResponseStatus status, String message) {
    this(status, message, null);
  }

  /**
   * Makes a refusal.
   *
   * @param allowedMethods what would have been allowed, if that is what was wrong
   */
  HttpRefusal(HttpResponseStatus status, String message, @Nullable String allowedMethods) {
    super(message, null, false, false);
    this.status = status;
    this.allowedMethods = allowedMethods;
  }

  @Nullable String allowedMethods() {
    return allowedMethods;
  }

  HttpResponseStatus status() {
    return status;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
