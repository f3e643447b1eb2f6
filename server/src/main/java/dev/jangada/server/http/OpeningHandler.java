package dev.jangada.server.http;

import dev.jangada.server.http.PortStatistics.Event;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.InternalChannelz;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a connection: waits for the TLS handshake if there is to be one, looks at
 * the first bytes, and makes way for what speaks their protocol. HTTP/2, and so gRPC, begins with
 * {@code PRI}; HTTP/1 with another method. What is neither is closed.
 *
 * <p>The protocol that a client has chosen in the handshake (ALPN) is not asked for: the bytes tell
 * as much, also of clients that choose none. What is offered puts HTTP/1 first, because a client
 * that speaks both is not one of gRPC's.
 */
// The outcome of closing is seen by the handlers, not by the caller.
@SuppressWarnings("FutureReturnValueIgnored")
final class OpeningHandler extends ByteToMessageDecoder {

  private static final int BYTES_NEEDED = 3;
  private static final int TLS_HANDSHAKE_RECORD = 0x16;

  private final @Nullable GrpcHttp2ConnectionHandler grpc;
  private final RequestRouter router;
  private final HttpLimits limits;
  private final PortStatistics statistics;
  private final TlsSource tls;

  private @Nullable Future<?> timer;
  private @Nullable SSLSession session;
  private boolean over;

  /**
   * Makes the handler of one connection.
   *
   * @param grpc what speaks gRPC on it; null where that is not served
   */
  OpeningHandler(
      @Nullable GrpcHttp2ConnectionHandler grpc,
      RequestRouter router,
      HttpLimits limits,
      PortStatistics statistics,
      TlsSource tls) {
    this.grpc = grpc;
    this.router = router;
    this.limits = limits;
    this.statistics = statistics;
    this.tls = tls;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    timer =
        context
            .executor()
            .schedule(
                () -> trouble(context, Event.SILENT_CONNECTION, "nothing was said in time"),
                limits.opening().toNanos(),
                TimeUnit.NANOSECONDS);
    SslContext security = tls.contextFor(context.channel());
    if (security != null) {
      SslHandler handler = security.newHandler(context.alloc());
      handler.setHandshakeTimeoutMillis(limits.opening().toMillis());
      context.pipeline().addBefore(context.name(), null, handler);
    }
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext context) {
    Future<?> pending = timer;
    timer = null;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    if (event.equals(InternalProtocolNegotiationEvent.getDefault())) {
      // gRPC's signal to begin; one of our own follows once it is known that gRPC is spoken.
      return;
    }
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        session = context.pipeline().get(SslHandler.class).engine().getSession();
      } else {
        handshakeFailed(context, handshake.cause());
      }
    }
    super.userEventTriggered(context, event);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (over) {
      in.skipBytes(in.readableBytes());
      return;
    }
    int start = in.readerIndex();
    if (in.getByte(start) == TLS_HANDSHAKE_RECORD) {
      trouble(context, Event.TLS_ON_PLAIN_PORT, "it wants TLS, and this address has none");
      return;
    }
    if (in.readableBytes() < BYTES_NEEDED) {
      return;
    }
    int a = in.getByte(start);
    int b = in.getByte(start + 1);
    int c = in.getByte(start + 2);
    if (a == 'P' && b == 'R' && c == 'I') {
      if (grpc == null) {
        trouble(context, Event.UNKNOWN_PROTOCOL, "it speaks HTTP/2, and here is only HTTP/1.1");
      } else {
        continueWithGrpc(context, grpc);
      }
    } else if (isUpperCase(a) && isUpperCase(b) && isUpperCase(c)) {
      continueWithHttp(context);
    } else {
      trouble(context, Event.UNKNOWN_PROTOCOL, "its first bytes are neither gRPC's nor HTTP's");
    }
  }

  private static boolean isUpperCase(int letter) {
    return letter >= 'A' && letter <= 'Z';
  }

  private void continueWithGrpc(ChannelHandlerContext context, GrpcHttp2ConnectionHandler grpc) {
    statistics.add(Event.GRPC_CONNECTION);
    Attributes.Builder attributes =
        Attributes.newBuilder()
            .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, context.channel().localAddress())
            .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, context.channel().remoteAddress());
    var negotiated = InternalProtocolNegotiationEvent.getDefault();
    SSLSession secured = session;
    if (secured != null) {
      attributes.set(Grpc.TRANSPORT_ATTR_SSL_SESSION, secured);
      negotiated =
          InternalProtocolNegotiationEvent.withSecurity(
              negotiated, new InternalChannelz.Security(new InternalChannelz.Tls(secured)));
    }
    negotiated = InternalProtocolNegotiationEvent.withAttributes(negotiated, attributes.build());
    ChannelPipeline pipeline = context.pipeline();
    pipeline.addAfter(
        context.name(), null, InternalProtocolNegotiators.grpcNegotiationHandler(grpc));
    context.fireUserEventTriggered(negotiated);
    // Hands on what has been read.
    pipeline.remove(this);
  }

  private void continueWithHttp(ChannelHandlerContext context) {
    statistics.add(Event.HTTP_CONNECTION);
    ChannelPipeline pipeline = context.pipeline();
    grpcsHandlers(context).forEach(pipeline::remove);
    HttpDecoderConfig config =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(limits.maxLineBytes())
            .setMaxHeaderSize(limits.maxHeaderBytes());
    pipeline.addLast(new HttpServerCodec(config));
    pipeline.addLast(new HttpConnection(router, limits, statistics));
    pipeline.remove(this);
  }

  /** Those that gRPC has put behind this one. */
  private static List<ChannelHandler> grpcsHandlers(ChannelHandlerContext context) {
    List<ChannelHandler> handlers = new ArrayList<>();
    boolean behind = false;
    for (Map.Entry<String, ChannelHandler> entry : context.pipeline()) {
      if (behind) {
        handlers.add(entry.getValue());
      }
      behind |= entry.getValue().equals(context.handler());
    }
    return handlers;
  }

  private void handshakeFailed(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof NotSslRecordException) {
      trouble(context, Event.PLAIN_ON_TLS_PORT, "it does not speak TLS, which is required here");
    } else if (cause instanceof ClosedChannelException) {
      context.close();
    } else {
      trouble(context, Event.TLS_HANDSHAKE_FAILED, String.valueOf(cause.getMessage()));
    }
  }

  private void trouble(ChannelHandlerContext context, Event event, String what) {
    if (!over) {
      over = true;
      statistics.trouble(event, context.channel().remoteAddress(), what);
    }
    context.close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // What goes wrong in a handshake has been told as an event.
    context.close();
  }
}
