package dev.jangada.server.http;

import io.netty.buffer.ByteBuf;

/**
 * A request that has all it needs in its first line: it is answered once its body, which some
 * clients send all the same, has been read and dropped.
 */
final class Page implements RequestHandler {

  private final Runnable answer;
  private final BodyLimit limit = new BodyLimit(HttpLimits.MAX_IGNORED_BODY_BYTES);

  Page(Runnable answer) {
    this.answer = answer;
  }

  @Override
  public void body(ByteBuf piece) throws HttpRefusal {
    limit.count(piece);
  }

  @Override
  public void bodyEnded() {
    answer.run();
  }
}
