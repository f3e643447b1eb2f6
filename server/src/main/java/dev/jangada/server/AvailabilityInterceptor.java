package dev.jangada.server;

import dev.jangada.server.call.EtcdError;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.function.BooleanSupplier;

/**
 * Refuses at once what this member cannot serve now: everything, when its node has stopped; and
 * while there is no leader, what the client wants only with a leader, which it says by the metadata
 * {@code hasleader: true} because it has other members to try. Streams that want it end when the
 * leader is lost later.
 */
final class AvailabilityInterceptor implements ServerInterceptor {

  private static final Metadata.Key<String> HAS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  private final BooleanSupplier stopped;
  private final BooleanSupplier leaderKnown;
  private final LeaderRequiringStreams streams;

  AvailabilityInterceptor(
      BooleanSupplier stopped, BooleanSupplier leaderKnown, LeaderRequiringStreams streams) {
    this.stopped = stopped;
    this.leaderKnown = leaderKnown;
    this.streams = streams;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    if (stopped.getAsBoolean()) {
      return refuse(call, EtcdError.STOPPED);
    }
    if (!"true".equals(headers.get(HAS_LEADER))) {
      return next.startCall(call, headers);
    }
    if (!leaderKnown.getAsBoolean()) {
      return refuse(call, EtcdError.NO_LEADER);
    }
    return call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY
        ? next.startCall(call, headers)
        : streams.serve(call, headers, next);
  }

  private static <ReqT, RespT> ServerCall.Listener<ReqT> refuse(
      ServerCall<ReqT, RespT> call, EtcdError error) {
    call.close(error.status(), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
