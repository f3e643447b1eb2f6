package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Verdict;
import dev.jangada.raft.MalformedMessageException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks a node one question, over a connection of its own. Not for messages of consensus: for what
 * is rare and needs an answer. Whoever asks need not be a member, so that a node can find out about
 * a cluster before it joins it. Numbers are big-endian:
 *
 * <pre>
 * question = questionMagic version length bytes
 * reply    = replyMagic version length bytes  |  answer   ; {@link Handshake}'s, which refuses
 * length   = int32                            ; at most {@value #MAX_BYTES}
 * </pre>
 *
 * <p>What the bytes mean is the receivers' affair. A node that cannot answer closes the connection.
 */
// The outcome of closing and writing is seen by the handlers and listeners, not by the caller.
@SuppressWarnings("FutureReturnValueIgnored")
public final class Enquiry {

  /** {@code JANGADA&} in ASCII. */
  static final long QUESTION_MAGIC = 0x4a414e4741444126L;

  /** {@code JANGADA=} in ASCII. */
  static final long REPLY_MAGIC = 0x4a414e474144413dL;

  /** The longest question, and the longest reply. */
  static final int MAX_BYTES = 64 << 10;

  static final int REPLY_HEADER_BYTES = Long.BYTES + 2 * Integer.BYTES;

  private Enquiry() {}

  /**
   * Asks the node that listens at an address.
   *
   * @param security what secures the connections between the nodes
   * @param question at most 64 KiB
   * @param timeout for all of it
   * @return the reply; fails with an {@link IOException} that names the address if there is none,
   *     and with a {@link ConnectException} if the question cannot have arrived. Completed on a
   *     thread that ends soon: not to be blocked
   */
  public static CompletableFuture<byte[]> ask(
      ConnectionSecurity security, String host, int port, byte[] question, Duration timeout) {
    if (question.length > MAX_BYTES) {
      throw new IllegalArgumentException("a question of " + question.length + " bytes");
    }
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("jangada-enquiry", true), NioIoHandler.newFactory());
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    String address = host + ":" + port;
    new Bootstrap()
        .group(group)
        .channel(NioSocketChannel.class)
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE))
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                ChannelHandler secured = security.connecting(channel, host, port);
                if (secured != null) {
                  channel.pipeline().addLast(secured);
                }
                channel.pipeline().addLast(new Asking(address, question, reply));
              }
            })
        .connect(host, port)
        .addListener(connected -> {
          if (!connected.isSuccess()) {
            IOException failure = new ConnectException("nobody answers at " + address);
            failure.initCause(connected.cause());
            reply.completeExceptionally(failure);
          }
        });
    reply.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    return reply
        .exceptionallyCompose(cause ->
            CompletableFuture.failedFuture(
                cause instanceof IOException ? cause : failure(address, "gives no reply in time")))
        .whenComplete((bytes, cause) -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
  }

  private static IOException failure(String address, String what) {
    return new IOException("the node at " + address + " could not be asked: " + what);
  }

  private static final class Asking extends ByteToMessageDecoder {
    private final String address;
    private final byte[] question;
    private final CompletableFuture<byte[]> reply;

    Asking(String address, byte[] question, CompletableFuture<byte[]> reply) {
      this.address = address;
      this.question = question;
      this.reply = reply;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
      ByteBuf buffer = context.alloc().buffer(REPLY_HEADER_BYTES + question.length);
      write(QUESTION_MAGIC, question, buffer);
      context.writeAndFlush(buffer, context.voidPromise());
      super.channelActive(context);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      if (in.readableBytes() < Long.BYTES) {
        return;
      }
      long magic = in.getLong(in.readerIndex());
      if (magic == Handshake.ANSWER_MAGIC) {
        if (in.readableBytes() >= Handshake.ANSWER_BYTES) {
          failed(context, refusal(in));
        }
        return;
      }
      if (magic != REPLY_MAGIC) {
        failed(context, "what listens there does not speak Jangada's protocol");
        return;
      }
      if (in.readableBytes() < REPLY_HEADER_BYTES) {
        return;
      }
      int length = in.getInt(in.readerIndex() + Long.BYTES + Integer.BYTES);
      if (length < 0 || length > MAX_BYTES) {
        failed(context, "it claims to reply with " + length + " bytes");
      } else if (in.readableBytes() - REPLY_HEADER_BYTES >= length) {
        byte[] bytes = new byte[length];
        in.skipBytes(REPLY_HEADER_BYTES).readBytes(bytes);
        reply.complete(bytes);
        context.close();
      }
    }

    private static String refusal(ByteBuf in) {
      try {
        Handshake.Answer answer = Handshake.readAnswer(in);
        return answer.verdict() == Verdict.OTHER_VERSION
            ? Handshake.reason(
                Verdict.OTHER_VERSION,
                Handshake.versionName(Handshake.VERSION),
                Handshake.versionName(answer.version()))
            : "it refuses: " + answer.verdict();
      } catch (MalformedMessageException e) {
        return String.valueOf(e.getMessage());
      }
    }

    private void failed(ChannelHandlerContext context, String what) {
      reply.completeExceptionally(failure(address, what));
      context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      super.channelInactive(context);
      failed(context, "it closed the connection");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      failed(context, String.valueOf(cause.getMessage()));
    }
  }

  static void write(long magic, byte[] bytes, ByteBuf out) {
    out.writeLong(magic).writeInt(Handshake.VERSION).writeInt(bytes.length).writeBytes(bytes);
  }
}
