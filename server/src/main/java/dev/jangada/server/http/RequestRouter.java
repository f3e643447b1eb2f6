package dev.jangada.server.http;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import org.jspecify.annotations.Nullable;

/** Finds out who answers a request, by its method and path. */
final class RequestRouter {

  private final Pages pages;
  private final @Nullable Gateway gateway;

  /**
   * Makes a router.
   *
   * @param gateway null where only pages are served
   */
  RequestRouter(Pages pages, @Nullable Gateway gateway) {
    this.pages = pages;
    this.gateway = gateway;
  }

  /**
   * Makes the handler of a request.
   *
   * @throws HttpRefusal if there is none for its path, or not for its method
   */
  RequestHandler route(HttpRequest request, Response response) throws HttpRefusal {
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
}
