package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Answer;
import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.node.transport.Handshake.Verdict;
import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Message;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Future;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A connection that someone else has opened. Until it has proved to be a peer's it may hold no more
 * than a hello and only for a while; then it brings the peer's messages. What does not keep to the
 * protocol is closed, counted and logged.
 */
// The outcome of closing and writing is seen by the handlers and listeners, not by the caller.
@SuppressWarnings("FutureReturnValueIgnored")
final class IncomingConnection extends ByteToMessageDecoder {

  private enum Stage {
    EXPECTS_MAGIC,
    EXPECTS_HELLO,
    EXPECTS_MESSAGES,
    EXPECTS_QUESTION,
    CLOSED
  }

  private final Acceptor acceptor;
  private Stage stage = Stage.EXPECTS_MAGIC;
  private @Nullable Future<?> timeout;
  private @Nullable PeerLink link;
  private @Nullable ChannelHandlerContext context;

  IncomingConnection(Acceptor acceptor) {
    this.acceptor = acceptor;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) throws Exception {
    this.context = context;
    acceptor.opened(this);
    if (acceptor.handshakeBegins()) {
      timeout = acceptor.scheduleTimeout(() -> timedOut(context));
    } else {
      stage = Stage.CLOSED;
      context.close();
    }
    super.channelActive(context);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    switch (stage) {
      case EXPECTS_MAGIC -> readMagic(context, in);
      case EXPECTS_HELLO -> readHello(context, in);
      case EXPECTS_MESSAGES -> readMessage(context, in);
      case EXPECTS_QUESTION -> readQuestion(context, in);
      case CLOSED -> in.skipBytes(in.readableBytes());
    }
  }

  private void readMagic(ChannelHandlerContext context, ByteBuf in) {
    if (in.readableBytes() < Handshake.HELLO_PREFIX_BYTES) {
      return;
    }
    long magic = in.readLong();
    if (magic != Handshake.HELLO_MAGIC && magic != Enquiry.QUESTION_MAGIC) {
      rubbish(context, "it does not speak Jangada's protocol between nodes");
      return;
    }
    int version = in.readInt();
    if (version != Handshake.VERSION) {
      refuse(
          context,
          Verdict.OTHER_VERSION,
          0,
          Handshake.versionName(version),
          Handshake.versionName(Handshake.VERSION));
      return;
    }
    stage = magic == Handshake.HELLO_MAGIC ? Stage.EXPECTS_HELLO : Stage.EXPECTS_QUESTION;
  }

  private void readHello(ChannelHandlerContext context, ByteBuf in) {
    if (in.readableBytes() < Handshake.HELLO_REST_BYTES) {
      return;
    }
    if (Handshake.helloRestBytes(in) > Handshake.MAX_HELLO_REST_BYTES) {
      rubbish(context, "it gives an address that is too long");
      return;
    }
    if (in.readableBytes() < Handshake.helloRestBytes(in)) {
      return;
    }
    Hello hello = Handshake.readHelloRest(in);
    Hello self = acceptor.self();
    if (hello.cluster() != self.cluster()) {
      refuse(context, Verdict.OTHER_CLUSTER, hello.cluster(), self.cluster());
    } else if (hello.to() != self.from()) {
      refuse(context, Verdict.OTHER_DESTINATION, hello.to(), self.from());
    } else {
      Verdict objection = acceptor.peers().objection(hello.from(), hello.logIncarnation());
      PeerLink sender = objection == null ? acceptor.peers().greet(hello) : null;
      if (sender != null) {
        accept(context, sender, hello);
      } else {
        refuse(
            context,
            objection == null ? Verdict.UNKNOWN_SENDER : objection,
            hello.from(),
            self.from());
      }
    }
  }

  private void readQuestion(ChannelHandlerContext context, ByteBuf in) {
    if (in.readableBytes() < Integer.BYTES) {
      return;
    }
    int length = in.getInt(in.readerIndex());
    if (length < 0 || length > Enquiry.MAX_BYTES) {
      rubbish(context, "a question claims to have %d bytes".formatted(length));
      return;
    }
    if (in.readableBytes() - Integer.BYTES < length) {
      return;
    }
    byte[] question = new byte[length];
    in.skipBytes(Integer.BYTES).readBytes(question);
    handshakeEnds();
    stage = Stage.CLOSED;
    if (!acceptor.asked(question, reply -> reply(context, reply))) {
      context.close();
    }
  }

  private static void reply(ChannelHandlerContext context, byte @Nullable [] reply) {
    if (reply == null) {
      context.close();
      return;
    }
    ByteBuf buffer = context.alloc().buffer(Enquiry.REPLY_HEADER_BYTES + reply.length);
    Enquiry.write(Enquiry.REPLY_MAGIC, reply, buffer);
    context.writeAndFlush(buffer).addListener(ChannelFutureListener.CLOSE);
  }

  private void accept(ChannelHandlerContext context, PeerLink sender, Hello hello) {
    handshakeEnds();
    stage = Stage.EXPECTS_MESSAGES;
    link = sender;
    answer(context, Verdict.ACCEPTED, acceptor.self().logIncarnation());
    acceptor.accepted(sender, this, hello);
  }

  private void refuse(
      ChannelHandlerContext context, Verdict verdict, long connecting, long answering) {
    refuse(context, verdict, answering, Handshake.name(connecting), Handshake.name(answering));
  }

  private void refuse(
      ChannelHandlerContext context,
      Verdict verdict,
      long detail,
      String connecting,
      String answering) {
    stage = Stage.CLOSED;
    acceptor.refused(
        context.channel().remoteAddress(), Handshake.reason(verdict, connecting, answering));
    answer(context, verdict, detail).addListener(ChannelFutureListener.CLOSE);
  }

  private ChannelFuture answer(ChannelHandlerContext context, Verdict verdict, long detail) {
    ByteBuf buffer = context.alloc().buffer(Handshake.ANSWER_BYTES);
    Handshake.writeAnswer(
        new Answer(Handshake.VERSION, verdict, detail, acceptor.self().incarnation()), buffer);
    return context.writeAndFlush(buffer);
  }

  private void readMessage(ChannelHandlerContext context, ByteBuf in) {
    if (in.readableBytes() < Frame.HEADER_BYTES) {
      return;
    }
    int length = in.getInt(in.readerIndex());
    if (length < 0 || length > acceptor.maxMessageBytes()) {
      rubbish(
          context,
          "a frame claims to hold %d bytes, the limit is %d"
              .formatted(length, acceptor.maxMessageBytes()));
      return;
    }
    if (in.readableBytes() - Frame.HEADER_BYTES < length) {
      return;
    }
    in.skipBytes(Integer.BYTES);
    int checksum = in.readInt();
    try {
      Message message = Frame.decode(in.nioBuffer(in.readerIndex(), length), checksum);
      in.skipBytes(length);
      deliver(context, message, Frame.HEADER_BYTES + length);
    } catch (MalformedMessageException e) {
      rubbish(context, e.getMessage());
    }
  }

  private void deliver(ChannelHandlerContext context, Message message, int bytes) {
    PeerLink sender = Objects.requireNonNull(link, "a sender after the handshake");
    if (message.from() != sender.peer().memberId() || message.to() != acceptor.self().from()) {
      rubbish(
          context,
          "peer %s sent a message from %s to %s"
              .formatted(
                  sender.peer().name(),
                  Handshake.name(message.from()),
                  Handshake.name(message.to())));
      return;
    }
    sender.received(bytes);
    acceptor.receiver().accept(message);
  }

  private void rubbish(ChannelHandlerContext context, @Nullable String what) {
    stage = Stage.CLOSED;
    acceptor.malformed(context.channel().remoteAddress(), String.valueOf(what));
    context.close();
  }

  private void timedOut(ChannelHandlerContext context) {
    if (stage != Stage.EXPECTS_MESSAGES && stage != Stage.CLOSED) {
      acceptor.timedOut(context.channel().remoteAddress());
    }
    // Also a refusal that could not be written out in all that time.
    stage = Stage.CLOSED;
    context.close();
  }

  /** Closes this connection without delivering what may have arrived on it. */
  void close() {
    stage = Stage.CLOSED;
    if (context != null) {
      context.close();
    }
  }

  private void handshakeEnds() {
    Future<?> pending = timeout;
    timeout = null;
    if (pending != null) {
      pending.cancel(false);
      acceptor.handshakeEnded();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    handshakeEnds();
    acceptor.closed(this);
    PeerLink sender = link;
    if (sender != null) {
      acceptor.gone(sender, this);
    }
    super.channelInactive(context);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    boolean open = stage != Stage.CLOSED;
    stage = Stage.CLOSED;
    Throwable reason =
        cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
    if (reason instanceof SSLException) {
      if (open) {
        acceptor.malformed(context.channel().remoteAddress(), "TLS: " + reason.getMessage());
      }
    } else {
      acceptor.broken(context.channel().remoteAddress(), cause);
    }
    context.close();
  }
}
