package dev.jangada.server;

import dev.jangada.server.call.EndableCall;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.RequestMemory;
import dev.jangada.server.http.PortStatistics;
import dev.jangada.server.http.PortStatistics.Event;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Counts what calls over gRPC hold before their requests are complete, and ends those that {@link
 * RequestMemory} has no room for. The library itself knows how large one message may be, and not
 * how many of them may be there in part; and a message that is there as a whole waits, in a call
 * that has only one, for the client to say that it was the last.
 *
 * <p>Only a tracer sees messages that are not complete; only an interceptor has the call to end.
 * The context of the call brings them together.
 */
final class UnfinishedCalls extends ServerStreamTracer.Factory implements ServerInterceptor {

  private static final Context.Key<Arrival> ARRIVAL = Context.key("jangada-arrival");

  /** What it costs to remember a piece, however small it is. */
  private static final int PIECE_BYTES = 256;

  private final RequestMemory memory;
  private final PortStatistics statistics;

  UnfinishedCalls(RequestMemory memory, PortStatistics statistics) {
    this.memory = memory;
    this.statistics = statistics;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    return new Arrival();
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    Arrival arrival = ARRIVAL.get();
    if (arrival == null) {
      return next.startCall(call, headers);
    }
    EndableCall<ReqT, RespT> endable = new EndableCall<>(call);
    arrival.call = endable;
    MethodType type = call.getMethodDescriptor().getType();
    arrival.isOneMessage = type.clientSendsOneMessage();
    ServerCall.Listener<ReqT> listener =
        endable.listener(next.startCall(endable, headers), arrival.share::release);
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onHalfClose() {
        arrival.share.release();
        super.onHalfClose();
      }
    };
  }

  /** The requests of one call, on their way. */
  private final class Arrival extends ServerStreamTracer {

    private final RequestMemory.Share share = memory.share(this::refuse);
    private volatile @Nullable EndableCall<?, ?> call;
    private volatile boolean isOneMessage = true;

    @Override
    public Context filterContext(Context context) {
      return context.withValue(ARRIVAL, this);
    }

    @Override
    public void inboundWireSize(long bytes) {
      share.add(bytes + PIECE_BYTES);
    }

    @Override
    public void inboundMessageRead(int number, long wireBytes, long uncompressedBytes) {
      if (!isOneMessage) {
        share.release();
      }
    }

    @Override
    public void streamClosed(Status status) {
      share.release();
    }

    private void refuse() {
      EndableCall<?, ?> ending = call;
      if (ending != null) {
        statistics.trouble(
            Event.CROWDED_OUT,
            Objects.requireNonNull(ending.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)),
            "unfinished requests hold too much memory");
        ending.end(EtcdError.TOO_MANY_REQUESTS.status());
      }
    }
  }
}
