package dev.jangada.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import org.jspecify.annotations.Nullable;

/** Finds out who answers a request, by its method and path. */
final class RequestRouter {

  private final Pages pages;
  private final @Nullable Gateway gateway;
  private final AccessPolicy access;

  /**
   * Makes a router.
   *
   * @param gateway null where only pages are served
   * @param access which web pages may ask
   */
  RequestRouter(Pages pages, @Nullable Gateway gateway, AccessPolicy access) {
    this.pages = pages;
    this.gateway = gateway;
    this.access = access;
  }

  /** The origin that the answer to a request is to name as one that may read it; null for none. */
  @Nullable String allowedOrigin(HttpRequest request) {
    return access.allowed(request.headers().get(HttpHeaderNames.ORIGIN));
  }

  /**
   * Makes the handler of a request.
   *
   * @param secured whether it has come over TLS, so that it is certain for whom it is
   * @throws HttpRefusal if there is none for its path, or not for its method; or the request is for
   *     another host
   */
  RequestHandler route(HttpRequest request, Response response, boolean secured) throws HttpRefusal {
    if (!secured) {
      checkHost(request, response);
    }
    if (access.letsPagesIn() && request.method().name().equals("OPTIONS")) {
      // Browsers ask so whether a page may send what it is about to.
      return new Page(() -> response.send(HttpResponseStatus.OK, Response.TEXT, new byte[0]));
    }
    QueryStringDecoder uri = new QueryStringDecoder(request.uri());
    String path = uri.rawPath();
    if (gateway != null && Gateway.isBelow(path)) {
      GatewayRoute route = gateway.route(path);
      if (route == null) {
        throw new HttpRefusal(HttpResponseStatus.NOT_FOUND, "Not Found");
      }
      if (!request.method().name().equals("POST")) {
        throw new HttpRefusal(HttpResponseStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", "POST");
      }
      return gateway.call(route, request.headers(), response);
    }
    Pages.Answer answer = pages.at(path);
    if (answer == null) {
      throw new HttpRefusal(HttpResponseStatus.NOT_FOUND, "404 page not found");
    }
    if (!request.method().name().equals("GET") && !request.method().name().equals("HEAD")) {
      throw new HttpRefusal(
          HttpResponseStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", "GET, HEAD");
    }
    return new Page(
        () -> answer.to(new Pages.Query(uri.parameters(), request.headers()), response));
  }

  private void checkHost(HttpRequest request, Response response) throws HttpRefusal {
    try {
      access.checkHost(request.headers().get(HttpHeaderNames.HOST));
    } catch (HttpRefusal refusal) {
      // Not which one: whoever asks could write into the log what he likes.
      response.trouble(
          PortStatistics.Event.OTHER_HOST, "it asks for a host that --host-whitelist lacks");
      throw refusal;
    }
  }
}
