package dev.jangada.server;

import com.google.protobuf.MessageLite;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of requests that took long, from when they were complete until they were answered: at most
 * one line in ten seconds for each method, because what makes one slow makes many slow. Neither
 * keys nor values are told.
 *
 * <p>Streams have no such time, and to wait for a lock or for an election to be won is what its
 * client wants: these are left out.
 */
final class SlowRequestLog implements ServerInterceptor {

  private static final Logger LOG = LoggerFactory.getLogger(SlowRequestLog.class);
  private static final long LINE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final Set<String> WAITING =
      Set.of("v3lockpb.Lock/Lock", "v3electionpb.Election/Campaign");

  private final long slowNanos;
  private final Logger log;
  private final Map<String, Tally> tallies = new ConcurrentHashMap<>();

  private static final class Tally {
    final AtomicLong heldBack = new AtomicLong();

    /** When the next line may be written, in the time of {@link System#nanoTime}. */
    final AtomicLong next = new AtomicLong(System.nanoTime());
  }

  /**
   * Tells the log.
   *
   * @param slow from when on; zero for never
   */
  SlowRequestLog(Duration slow) {
    this(slow, LOG);
  }

  SlowRequestLog(Duration slow, Logger log) {
    this.slowNanos = slow.isZero() ? Long.MAX_VALUE : slow.toNanos();
    this.log = log;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (slowNanos == Long.MAX_VALUE
        || call.getMethodDescriptor().getType() != MethodType.UNARY
        || WAITING.contains(method)) {
      return next.startCall(call, headers);
    }
    TimedCall<ReqT, RespT> timed = new TimedCall<>(call, method);
    return new SimpleForwardingServerCallListener<>(next.startCall(timed, headers)) {
      @Override
      public void onMessage(ReqT message) {
        timed.request = message;
        super.onMessage(message);
      }

      @Override
      public void onHalfClose() {
        timed.begun();
        super.onHalfClose();
      }

      @Override
      public void onCancel() {
        timed.ended(Status.Code.CANCELLED);
        super.onCancel();
      }
    };
  }

  /** One request. What the service does may come from any thread, one after the other. */
  private final class TimedCall<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {
    private final String method;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile long begunNanos;
    private volatile boolean begun;
    private @Nullable Object request;
    private @Nullable Object answer;

    TimedCall(ServerCall<ReqT, RespT> call, String method) {
      super(call);
      this.method = method;
    }

    void begun() {
      begunNanos = System.nanoTime();
      begun = true;
    }

    @Override
    public void sendMessage(RespT message) {
      answer = message;
      super.sendMessage(message);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      ended(status.getCode());
      super.close(status, trailers);
    }

    private void ended(Status.Code code) {
      if (!begun || !over.compareAndSet(false, true)) {
        return;
      }
      long nanos = System.nanoTime() - begunNanos;
      if (nanos >= slowNanos) {
        slow(
            method,
            nanos,
            code,
            request,
            answer,
            getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
      }
      request = null;
      answer = null;
    }
  }

  private void slow(
      String method,
      long nanos,
      Status.Code code,
      @Nullable Object request,
      @Nullable Object answer,
      @Nullable SocketAddress from) {
    Tally tally = tallies.computeIfAbsent(method, name -> new Tally());
    long now = System.nanoTime();
    long next = tally.next.get();
    if (now - next < 0 || !tally.next.compareAndSet(next, now + LINE_INTERVAL_NANOS)) {
      tally.heldBack.incrementAndGet();
      return;
    }
    log.warn(
        "slow request: method={} millis={} code={} requestBytes={} answerBytes={} from={}"
            + " more-since-last-line={}",
        method,
        TimeUnit.NANOSECONDS.toMillis(nanos),
        code,
        bytes(request),
        bytes(answer),
        // Those in JSON come from the gateway, in this process.
        from instanceof InetSocketAddress client ? client : "json",
        tally.heldBack.getAndSet(0));
  }

  private static int bytes(@Nullable Object message) {
    return message instanceof MessageLite sized ? sized.getSerializedSize() : 0;
  }
}
