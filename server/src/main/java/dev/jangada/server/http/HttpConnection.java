package dev.jangada.server.http;

import dev.jangada.server.http.PortStatistics.Event;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection over HTTP/1: one request at a time, in the order in which they came.
 *
 * <p>While a request is under way the connection is read on, because only so does one notice that
 * the client has gone. Requests that come before their turn wait; as soon as there is one of them,
 * no more is read.
 *
 * <p>Runs on the connection's event loop.
 */
// The outcome of closing and writing is seen by the handlers and listeners, not by the caller.
@SuppressWarnings("FutureReturnValueIgnored")
final class HttpConnection extends ChannelDuplexHandler {

  private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

  /** How long a client may go on sending a body after its request has been answered. */
  private static final Duration LINGER = Duration.ofSeconds(2);

  private final RequestRouter router;
  private final HttpLimits limits;
  private final PortStatistics statistics;
  private final Deque<HttpObject> waiting = new ArrayDeque<>();

  private ChannelHandlerContext context;
  private @Nullable Exchange current;
  private @Nullable Future<?> timer;

  /** The server stops: the request under way is the last one. */
  private boolean closing;

  private boolean draining;

  @SuppressWarnings("NullAway.Init") // it has no context before it is added to a pipeline
  HttpConnection(RequestRouter router, HttpLimits limits, PortStatistics statistics) {
    this.router = router;
    this.limits = limits;
    this.statistics = statistics;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
    expect(limits.idle(), this::closeIdle);
  }

  // ---------------------------------------------------------------------------------------------
  // Requests
  // ---------------------------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext ignored, Object message) {
    if (!(message instanceof HttpObject part)) {
      ReferenceCountUtil.release(message);
      return;
    }
    waiting.add(part);
    drain();
  }

  /** Deals with what has come, up to where the next request has to wait. */
  private void drain() {
    if (draining) {
      return;
    }
    draining = true;
    try {
      while (!waiting.isEmpty() && (current == null || !current.bodyEnded)) {
        HttpObject part = waiting.remove();
        try {
          read(part);
        } finally {
          ReferenceCountUtil.release(part);
        }
      }
    } finally {
      draining = false;
    }
    context.channel().config().setAutoRead(waiting.isEmpty());
  }

  private void read(HttpObject part) {
    DecoderResult result = part.decoderResult();
    if (result.isFailure()) {
      malformed(result.cause());
      return;
    }
    if (part instanceof HttpRequest request && current == null) {
      begin(request);
    }
    Exchange exchange = current;
    if (part instanceof HttpContent content && exchange != null) {
      try {
        body(exchange, content);
      } catch (HttpRefusal refusal) {
        refuse(exchange, refusal);
      }
    }
  }

  private void body(Exchange exchange, HttpContent content) throws HttpRefusal {
    boolean ends = content instanceof LastHttpContent;
    exchange.bodyEnded = ends;
    if (exchange.isOver()) {
      // What is left of the body is dropped.
      if (ends && exchange.written) {
        context.close();
      }
      return;
    }
    if (content.content().isReadable()) {
      exchange.handler().body(content.content());
    }
    if (ends) {
      if (!exchange.answered) {
        cancelTimer();
      }
      exchange.handler().bodyEnded();
    }
  }

  private void begin(HttpRequest request) {
    statistics.add(Event.HTTP_REQUEST);
    Exchange exchange = new Exchange(request);
    current = exchange;
    exchange.allowedOrigin = router.allowedOrigin(request);
    boolean secured = context.pipeline().get(SslHandler.class) != null;
    try {
      exchange.handler = router.route(request, exchange, secured);
    } catch (HttpRefusal refusal) {
      // Told once the body is out of the way, so that the connection can be used on.
      exchange.handler = new RefusedRequest(refusal);
    }
    if (exchange.handler().isStream()) {
      cancelTimer();
    } else {
      expect(limits.request(), this::closeSlow);
    }
    if (HttpUtil.is100ContinueExpected(request)) {
      if (HttpUtil.getContentLength(request, 0L) > limits.maxJsonBytes()) {
        refuse(exchange, BodyLimit.tooLarge());
      } else {
        context.writeAndFlush(
            new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
      }
    }
  }

  /** An error, after which what may still come of the request's body is not waited for. */
  private void refuse(Exchange exchange, HttpRefusal refusal) {
    if (refusal.status().code() / 100 == 4 && !exchange.bodyEnded) {
      statistics.trouble(
          Event.MALFORMED_REQUEST, context.channel().remoteAddress(), refusal.text());
    }
    if (exchange.answered) {
      context.close();
      return;
    }
    exchange.keepAlive &= exchange.bodyEnded;
    exchange.allow = refusal.allowedMethods();
    exchange.send(
        refusal.status(), Response.TEXT, (refusal.text() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void malformed(Throwable cause) {
    statistics.trouble(
        Event.MALFORMED_REQUEST,
        context.channel().remoteAddress(),
        String.valueOf(cause.getMessage()));
    HttpResponseStatus status =
        switch (cause) {
          case TooLongHttpLineException line -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
          case TooLongHttpHeaderException header ->
              HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
          default -> HttpResponseStatus.BAD_REQUEST;
        };
    Exchange exchange = current;
    if (exchange == null) {
      exchange = new Exchange(null);
      current = exchange;
    }
    exchange.bodyEnded = true;
    exchange.keepAlive = false;
    if (exchange.handler != null) {
      exchange.handler.abandoned();
    }
    if (exchange.answered) {
      context.close();
    } else {
      exchange.send(
          status,
          Response.TEXT,
          (status.reasonPhrase() + "\n").getBytes(StandardCharsets.US_ASCII));
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Time, and the end
  // ---------------------------------------------------------------------------------------------

  private void expect(Duration limit, Runnable otherwise) {
    cancelTimer();
    timer = context.executor().schedule(otherwise, limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void cancelTimer() {
    Future<?> pending = timer;
    timer = null;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  private void closeIdle() {
    context.close();
  }

  private void closeSlow() {
    statistics.trouble(
        Event.SLOW_CLIENT, context.channel().remoteAddress(), "a request or its answer took long");
    context.close();
  }

  private void written(Exchange exchange, ChannelFuture outcome) {
    cancelTimer();
    exchange.written = true;
    if (exchange.handler != null) {
      exchange.handler.written();
    }
    if (!outcome.isSuccess() || closing) {
      context.close();
      return;
    }
    if (!exchange.bodyEnded) {
      // To close now would make the client's system discard the answer.
      expect(LINGER, context::close);
      return;
    }
    if (!exchange.keepAlive) {
      context.close();
      return;
    }
    current = null;
    expect(limits.idle(), this::closeIdle);
    drain();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ignored) {
    Exchange exchange = current;
    if (exchange != null && exchange.handler != null && context.channel().isWritable()) {
      exchange.handler.writable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ignored) {
    cancelTimer();
    while (!waiting.isEmpty()) {
      ReferenceCountUtil.release(waiting.remove());
    }
    Exchange exchange = current;
    if (exchange != null && exchange.handler != null) {
      exchange.handler.abandoned();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
    if (cause instanceof IOException) {
      LOG.debug("The connection from {} broke", context.channel().remoteAddress(), cause);
    } else {
      LOG.error(
          "Closed the connection from {} because of an unexpected failure",
          context.channel().remoteAddress(),
          cause);
    }
    context.close();
  }

  /** Asked for by gRPC's server when it stops: lets a request under way be answered. */
  @Override
  public void close(ChannelHandlerContext ignored, ChannelPromise promise) {
    Exchange exchange = current;
    if (exchange == null || exchange.streaming || closing) {
      context.close(promise);
    } else {
      closing = true;
      context.channel().closeFuture().addListener(closed -> promise.trySuccess());
    }
  }

  /** gRPC's server closes what does not close by itself with a command of its own. */
  @Override
  public void write(ChannelHandlerContext ignored, Object message, ChannelPromise promise) {
    if (message instanceof HttpObject) {
      context.write(message, promise);
    } else {
      ReferenceCountUtil.release(message);
      promise.trySuccess();
      context.close();
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Answers
  // ---------------------------------------------------------------------------------------------

  /** A request under way. What is answered from other threads is handed to the event loop. */
  private final class Exchange implements Response {

    private final boolean chunks;
    private final boolean head;
    private boolean keepAlive;
    private boolean bodyEnded;
    private boolean answered;
    private boolean streaming;
    private boolean written;
    private @Nullable String allow;
    private @Nullable String allowedOrigin;
    private @Nullable RequestHandler handler;

    Exchange(@Nullable HttpRequest request) {
      chunks = request == null || request.protocolVersion().isKeepAliveDefault();
      head = request != null && request.method().name().equals("HEAD");
      keepAlive = request != null && HttpUtil.isKeepAlive(request);
    }

    /** Whether the answer is complete, if not yet written. */
    boolean isOver() {
      return answered && !streaming;
    }

    RequestHandler handler() {
      RequestHandler taker = handler;
      if (taker == null) {
        throw new IllegalStateException("a request that nobody takes");
      }
      return taker;
    }

    @Override
    public void send(HttpResponseStatus status, String contentType, byte[] body) {
      onLoop(() -> {
        if (answered) {
          return;
        }
        answered = true;
        FullHttpResponse response =
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(head ? new byte[0] : body));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        if (allow != null) {
          response.headers().set(HttpHeaderNames.ALLOW, allow);
        }
        originHeaders(response);
        connectionHeader(response);
        expect(limits.write(), HttpConnection.this::closeSlow);
        context
            .writeAndFlush(response)
            .addListener((ChannelFuture outcome) -> written(this, outcome));
      });
    }

    @Override
    public void start(HttpResponseStatus status, String contentType) {
      onLoop(() -> {
        if (answered) {
          return;
        }
        answered = true;
        streaming = true;
        cancelTimer();
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        if (chunks) {
          HttpUtil.setTransferEncodingChunked(response, true);
        } else {
          keepAlive = false;
        }
        originHeaders(response);
        connectionHeader(response);
        context.write(response);
      });
    }

    /** By these a browser lets a page of another origin read the answer. */
    private void originHeaders(HttpResponse response) {
      String origin = allowedOrigin;
      if (origin != null) {
        response
            .headers()
            .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
            .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS, PUT, DELETE")
            .set(
                HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization")
            .set(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN);
      }
    }

    private void connectionHeader(HttpResponse response) {
      if (!keepAlive || closing) {
        keepAlive = false;
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      } else if (!chunks) {
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
      }
    }

    @Override
    public void piece(byte[] bytes) {
      onLoop(() -> {
        if (streaming) {
          context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes)));
          handler().pieceTaken();
        }
      });
    }

    @Override
    public void end() {
      onLoop(() -> {
        if (streaming) {
          streaming = false;
          expect(limits.write(), HttpConnection.this::closeSlow);
          context
              .writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
              .addListener((ChannelFuture outcome) -> written(this, outcome));
        }
      });
    }

    @Override
    public void trouble(Event event, String what) {
      statistics.trouble(event, context.channel().remoteAddress(), what);
    }

    @Override
    public boolean isWritable() {
      return context.channel().isWritable();
    }

    private void onLoop(Runnable step) {
      Runnable unlessOver =
          () -> {
            if (current == this) {
              step.run();
            }
          };
      if (context.executor().inEventLoop()) {
        unlessOver.run();
      } else {
        context.executor().execute(unlessOver);
      }
    }
  }
}
