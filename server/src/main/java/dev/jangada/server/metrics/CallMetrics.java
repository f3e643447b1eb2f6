package dev.jangada.server.metrics;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts calls, by method and outcome, under the names that gRPC's interceptor for Prometheus has
 * established, and the bytes that they send over gRPC. Calls that came in as JSON count as calls.
 */
final class CallMetrics implements ServerInterceptor {

  private final MeterRegistry registry;
  private final Map<String, Method> methods = new ConcurrentHashMap<>();
  private final LongAdder receivedBytes = new LongAdder();
  private final LongAdder sentBytes = new LongAdder();

  CallMetrics(MeterRegistry registry) {
    this.registry = registry;
    bytes(
        "etcd_network_client_grpc_received_bytes_total",
        "Bytes received over gRPC.",
        receivedBytes);
    bytes("etcd_network_client_grpc_sent_bytes_total", "Bytes sent over gRPC.", sentBytes);
  }

  private void bytes(String name, String what, LongAdder counter) {
    FunctionCounter.builder(name, counter, LongAdder::sum).description(what).register(registry);
  }

  ServerStreamTracer.Factory tracers() {
    return new ServerStreamTracer.Factory() {
      @Override
      public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        return new ServerStreamTracer() {
          @Override
          public void inboundWireSize(long bytes) {
            receivedBytes.add(bytes);
          }

          @Override
          public void outboundWireSize(long bytes) {
            sentBytes.add(bytes);
          }
        };
      }
    };
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    MethodDescriptor<ReqT, RespT> descriptor = call.getMethodDescriptor();
    Method method =
        methods.computeIfAbsent(
            descriptor.getFullMethodName(), name -> new Method(registry, descriptor));
    method.started.increment();
    AtomicBoolean ended = new AtomicBoolean();
    ServerCall<ReqT, RespT> counted =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendMessage(RespT message) {
            method.sent.increment();
            super.sendMessage(message);
          }

          @Override
          public void close(Status status, Metadata trailers) {
            if (ended.compareAndSet(false, true)) {
              method.handled(status.getCode());
            }
            super.close(status, trailers);
          }
        };
    return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
      @Override
      public void onMessage(ReqT message) {
        method.received.increment();
        super.onMessage(message);
      }

      @Override
      public void onCancel() {
        if (ended.compareAndSet(false, true)) {
          method.handled(Status.Code.CANCELLED);
        }
        super.onCancel();
      }
    };
  }

  /** The counters of one method. */
  private static final class Method {
    private final Counter started;
    private final Counter received;
    private final Counter sent;
    private final Map<Status.Code, Counter> handled = new EnumMap<>(Status.Code.class);

    Method(MeterRegistry registry, MethodDescriptor<?, ?> descriptor) {
      Tags tags =
          Tags.of(
              "grpc_type",
              descriptor.getType().name().toLowerCase(Locale.ROOT).replace("streaming", "stream"),
              "grpc_service",
              String.valueOf(descriptor.getServiceName()),
              "grpc_method",
              String.valueOf(descriptor.getBareMethodName()));
      started = counter(registry, "grpc_server_started_total", "Calls begun.", tags);
      received = counter(registry, "grpc_server_msg_received_total", "Messages received.", tags);
      sent = counter(registry, "grpc_server_msg_sent_total", "Messages sent.", tags);
      for (Status.Code code : Status.Code.values()) {
        handled.put(
            code,
            counter(
                registry,
                "grpc_server_handled_total",
                "Calls ended, by outcome.",
                tags.and("grpc_code", goName(code))));
      }
    }

    void handled(Status.Code code) {
      Counter counter = handled.get(code);
      if (counter != null) {
        counter.increment();
      }
    }

    private static Counter counter(MeterRegistry registry, String name, String what, Tags tags) {
      return Counter.builder(name).description(what).tags(tags).register(registry);
    }

    /** Codes as Go writes them: {@code InvalidArgument}, and {@code OK} as it is. */
    private static String goName(Status.Code code) {
      if (code == Status.Code.OK) {
        return "OK";
      }
      if (code == Status.Code.CANCELLED) {
        return "Canceled";
      }
      StringBuilder name = new StringBuilder();
      for (String word : code.name().split("_", -1)) {
        name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
      }
      return name.toString();
    }
  }
}
