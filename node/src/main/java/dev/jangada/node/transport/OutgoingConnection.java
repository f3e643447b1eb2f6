package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Answer;
import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.raft.MalformedMessageException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * A connection that this node has opened: says hello, hands the answer to its {@link PeerLink}, and
 * from then on only watches.
 */
// The outcome of closing and writing is seen by the handlers and listeners, not by the caller.
@SuppressWarnings("FutureReturnValueIgnored")
final class OutgoingConnection extends ByteToMessageDecoder {

  private final PeerLink link;
  private final long attempt;
  private final Hello hello;
  private boolean answered;

  OutgoingConnection(PeerLink link, long attempt, Hello hello) {
    this.link = link;
    this.attempt = attempt;
    this.hello = hello;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) throws Exception {
    ByteBuf buffer =
        context.alloc().buffer(Handshake.HELLO_PREFIX_BYTES + Handshake.HELLO_REST_BYTES);
    Handshake.writeHello(hello, buffer);
    context.writeAndFlush(buffer, context.voidPromise());
    super.channelActive(context);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (answered) {
      in.skipBytes(in.readableBytes());
      link.failed(attempt, "says something where it should only listen");
      return;
    }
    if (in.readableBytes() < Handshake.ANSWER_BYTES) {
      return;
    }
    answered = true;
    try {
      Answer answer = Handshake.readAnswer(in);
      link.answered(attempt, answer);
    } catch (MalformedMessageException e) {
      link.failed(attempt, "does not answer as a node does: " + e.getMessage());
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
    if (context.channel().isWritable()) {
      link.writable();
    }
    super.channelWritabilityChanged(context);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    super.channelInactive(context);
    link.failed(attempt, "closed the connection");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    link.failed(attempt, "cannot be reached any more: " + cause.getMessage());
    context.close();
  }
}
