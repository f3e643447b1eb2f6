package dev.jangada.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Counts a body that is not kept. */
final class BodyLimit {

  private long left;

  BodyLimit(long maxBytes) {
    left = maxBytes;
  }

  void count(ByteBuf piece) throws HttpRefusal {
    left -= piece.readableBytes();
    if (left < 0) {
      throw tooLarge();
    }
  }

  static HttpRefusal tooLarge() {
    return new HttpRefusal(
        HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "http: request body too large");
  }
}
