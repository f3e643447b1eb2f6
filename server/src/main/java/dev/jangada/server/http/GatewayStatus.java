package dev.jangada.server.http;

import com.google.gson.JsonObject;
import io.grpc.Status;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** How the failure of a call is told over HTTP: as the first version of grpc-gateway does. */
final class GatewayStatus {

  private GatewayStatus() {}

  static HttpResponseStatus http(Status.Code code) {
    return switch (code) {
      case OK -> HttpResponseStatus.OK;
      case CANCELLED -> HttpResponseStatus.REQUEST_TIMEOUT;
      case INVALID_ARGUMENT, OUT_OF_RANGE -> HttpResponseStatus.BAD_REQUEST;
      case DEADLINE_EXCEEDED -> HttpResponseStatus.GATEWAY_TIMEOUT;
      case NOT_FOUND -> HttpResponseStatus.NOT_FOUND;
      case ALREADY_EXISTS, ABORTED -> HttpResponseStatus.CONFLICT;
      case PERMISSION_DENIED -> HttpResponseStatus.FORBIDDEN;
      case RESOURCE_EXHAUSTED -> HttpResponseStatus.TOO_MANY_REQUESTS;
      case FAILED_PRECONDITION -> HttpResponseStatus.PRECONDITION_FAILED;
      case UNIMPLEMENTED -> HttpResponseStatus.NOT_IMPLEMENTED;
      case UNAVAILABLE -> HttpResponseStatus.SERVICE_UNAVAILABLE;
      case UNAUTHENTICATED -> HttpResponseStatus.UNAUTHORIZED;
      case UNKNOWN, INTERNAL, DATA_LOSS -> HttpResponseStatus.INTERNAL_SERVER_ERROR;
    };
  }

  /** Instead of the one answer to a call. */
  static byte[] answer(Status status) {
    JsonObject error = new JsonObject();
    error.addProperty("error", text(status));
    error.addProperty("message", text(status));
    error.addProperty("code", status.getCode().value());
    return error.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Instead of the next of many answers. */
  static byte[] piece(Status status) {
    HttpResponseStatus http = http(status.getCode());
    JsonObject error = new JsonObject();
    error.addProperty("grpc_code", status.getCode().value());
    error.addProperty("http_code", http.code());
    error.addProperty("message", text(status));
    error.addProperty("http_status", http.reasonPhrase());
    JsonObject piece = new JsonObject();
    piece.add("error", error);
    return (piece + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String text(Status status) {
    String description = status.getDescription();
    return description == null ? status.getCode().name() : description;
  }
}
