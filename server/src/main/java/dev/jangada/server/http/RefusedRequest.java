package dev.jangada.server.http;

import io.netty.buffer.ByteBuf;

/** A request that is wrong by its first lines: its body is read and dropped before that is told. */
final class RefusedRequest implements RequestHandler {

  private final HttpRefusal refusal;
  private final BodyLimit limit = new BodyLimit(HttpLimits.MAX_IGNORED_BODY_BYTES);

  RefusedRequest(HttpRefusal refusal) {
    this.refusal = refusal;
  }

  @Override
  public void body(ByteBuf piece) throws HttpRefusal {
    limit.count(piece);
  }

  @Override
  public void bodyEnded() throws HttpRefusal {
    throw refusal;
  }
}
