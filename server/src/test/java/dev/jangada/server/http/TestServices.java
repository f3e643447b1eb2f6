package dev.jangada.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Services behind a port that do what a test says. */
final class TestServices {

  volatile RangeRequest lastRange = RangeRequest.getDefaultInstance();
  volatile @Nullable String lastToken;
  volatile @Nullable String lastHasLeader;
  volatile long lastTimeoutSeconds;
  volatile boolean silent;
  volatile @Nullable Status refusal;
  volatile @Nullable StreamObserver<RangeResponse> silentRange;
  volatile java.util.function.Function<
          LeaseKeepAliveRequest, CompletableFuture<LeaseKeepAliveResponse>>
      keepAlive = request -> new CompletableFuture<>();
  final BlockingQueue<ServerCallStreamObserver<WatchResponse>> watches =
      new LinkedBlockingQueue<>();
  final CountDownLatch watchHalfClosed = new CountDownLatch(1);
  final CountDownLatch rangeStarted = new CountDownLatch(1);
  final CountDownLatch keepAliveAsked = new CountDownLatch(1);
  final CountDownLatch cancelled = new CountDownLatch(1);
  private final Object readiness = new Object();

  <B extends ServerBuilder<B>> B addTo(B builder) {
    ServerInterceptor headers =
        new ServerInterceptor() {
          @Override
          public <Q, A> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
            lastToken = metadata.get(Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER));
            lastHasLeader =
                metadata.get(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER));
            return Contexts.interceptCall(Context.current(), call, metadata, next);
          }
        };
    return builder
        .addService(ServerInterceptors.intercept(new Kv(), headers))
        .addService(new Lease())
        .addService(new Watch());
  }

  void answerSilentRange() {
    StreamObserver<RangeResponse> observer = silentRange;
    assertThat(observer).isNotNull();
    if (observer != null) {
      observer.onNext(RangeResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  /** Waits for a stream to be able to take a message. */
  boolean awaitReady(ServerCallStreamObserver<?> stream, Duration patience)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    synchronized (readiness) {
      while (!stream.isReady()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          return false;
        }
        readiness.wait(left);
      }
      return true;
    }
  }

  private final class Kv extends KVGrpc.KVImplBase {
    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
      lastRange = request;
      var deadline = Context.current().getDeadline();
      lastTimeoutSeconds = deadline == null ? 0 : deadline.timeRemaining(TimeUnit.SECONDS) + 1;
      if (silent) {
        ((ServerCallStreamObserver<RangeResponse>) observer)
            .setOnCancelHandler(cancelled::countDown);
        silentRange = observer;
        rangeStarted.countDown();
        return;
      }
      observer.onNext(RangeResponse.newBuilder().setCount(7).build());
      observer.onCompleted();
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> observer) {
      Status status = refusal;
      observer.onError((status == null ? Status.UNKNOWN : status).asRuntimeException());
    }
  }

  private final class Lease extends LeaseGrpc.LeaseImplBase {
    @Override
    public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(
        StreamObserver<LeaseKeepAliveResponse> observer) {
      AtomicInteger answered = new AtomicInteger();
      return new StreamObserver<>() {
        @Override
        public void onNext(LeaseKeepAliveRequest request) {
          var unused =
              keepAlive
                  .apply(request)
                  .whenComplete((answer, failure) -> {
                    answered.incrementAndGet();
                    if (failure == null) {
                      observer.onNext(answer);
                    } else {
                      observer.onError(failure);
                    }
                  });
          keepAliveAsked.countDown();
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          // A service that is told too early that nothing follows would forget what it owes.
          observer.onCompleted();
        }
      };
    }
  }

  private final class Watch extends WatchGrpc.WatchImplBase {
    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> observer) {
      ServerCallStreamObserver<WatchResponse> client =
          (ServerCallStreamObserver<WatchResponse>) observer;
      client.setOnCancelHandler(cancelled::countDown);
      client.setOnReadyHandler(() -> {
        synchronized (readiness) {
          readiness.notifyAll();
        }
      });
      return new StreamObserver<>() {
        @Override
        public void onNext(WatchRequest request) {
          if (request.hasCreateRequest()) {
            client.onNext(WatchResponse.newBuilder().setCreated(true).build());
            watches.add(client);
          }
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          watchHalfClosed.countDown();
          client.onCompleted();
        }
      };
    }
  }
}
