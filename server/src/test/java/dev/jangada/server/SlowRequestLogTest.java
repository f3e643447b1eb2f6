package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeResponse;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import dev.jangada.etcd.api.v3lockpb.LockRequest;
import dev.jangada.etcd.api.v3lockpb.LockResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.AbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** Slow requests, over real sockets and from the gateway. */
class SlowRequestLogTest {

  private static final Duration SLOW = Duration.ofMillis(20);

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final CountDownLatch never = new CountDownLatch(1);
  private final Server[] servers = new Server[2];

  @AfterEach
  void stop() {
    never.countDown();
    for (Server server : servers) {
      if (server != null) {
        server.shutdownNow();
      }
    }
  }

  /** A log of warnings. */
  private static final class Lines extends AbstractLogger {
    private static final long serialVersionUID = 1;

    private final transient List<String> lines;

    Lines(List<String> lines) {
      this.lines = lines;
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level,
        Marker marker,
        String pattern,
        Object[] arguments,
        @Nullable Throwable failure) {
      assertThat(level).isEqualTo(Level.WARN);
      lines.add(MessageFormatter.basicArrayFormat(pattern, arguments));
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    public boolean isTraceEnabled() {
      return false;
    }

    @Override
    public boolean isTraceEnabled(Marker marker) {
      return false;
    }

    @Override
    public boolean isDebugEnabled() {
      return false;
    }

    @Override
    public boolean isDebugEnabled(Marker marker) {
      return false;
    }

    @Override
    public boolean isInfoEnabled() {
      return false;
    }

    @Override
    public boolean isInfoEnabled(Marker marker) {
      return false;
    }

    @Override
    public boolean isWarnEnabled() {
      return true;
    }

    @Override
    public boolean isWarnEnabled(Marker marker) {
      return true;
    }

    @Override
    public boolean isErrorEnabled() {
      return true;
    }

    @Override
    public boolean isErrorEnabled(Marker marker) {
      return true;
    }
  }

  /** Puts and locks take their time, ranges do not, and deletions are never answered. */
  private final class SlowKv extends KVGrpc.KVImplBase {
    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> observer) {
      takeTime(SLOW.multipliedBy(2));
      observer.onNext(PutResponse.newBuilder().setPrevKv(kv(request)).build());
      observer.onCompleted();
    }

    @Override
    public void deleteRange(
        DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> observer) {
      // Never answered.
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
      observer.onNext(RangeResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  private final class SlowLock extends LockGrpc.LockImplBase {
    @Override
    public void lock(LockRequest request, StreamObserver<LockResponse> observer) {
      takeTime(SLOW.multipliedBy(2));
      observer.onNext(LockResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  private static dev.jangada.etcd.api.mvccpb.KeyValue kv(PutRequest request) {
    return dev.jangada.etcd.api.mvccpb.KeyValue.newBuilder().setValue(request.getValue()).build();
  }

  private void takeTime(Duration time) {
    try {
      var unused = never.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ManagedChannel start(Duration slow) throws IOException {
    SlowRequestLog log = new SlowRequestLog(slow, new Lines(lines));
    servers[0] =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(ServerInterceptors.intercept(new SlowKv(), log))
            .addService(ServerInterceptors.intercept(new SlowLock(), log))
            .build()
            .start();
    return NettyChannelBuilder.forAddress("127.0.0.1", servers[0].getPort()).usePlaintext().build();
  }

  private static PutRequest put() {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8("a-key"))
        .setValue(ByteString.copyFromUtf8("a-secret"))
        .build();
  }

  @Test
  void slowRequestIsToldWithItsSizesAndWithoutWhatIsInIt() throws IOException {
    ManagedChannel channel = start(SLOW);
    try {
      KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
      int answer = kv.put(put()).getSerializedSize();
      // The next ones within ten seconds are counted.
      var second = kv.put(put());
      assertThat(second.hasPrevKv()).isTrue();
      var unused = LockGrpc.newBlockingStub(channel).lock(LockRequest.getDefaultInstance());

      assertThat(lines)
          .singleElement()
          .asString()
          .matches(
              ("slow request: method=etcdserverpb.KV/Put millis=\\d+ code=OK requestBytes=%d"
                      + " answerBytes=%d from=/127.0.0.1:\\d+ more-since-last-line=0")
                  .formatted(put().getSerializedSize(), answer))
          .doesNotContain("secret", "a-key");
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void clientThatLosesPatienceIsToldToo() throws IOException {
    ManagedChannel channel = start(SLOW);
    try {
      KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
      // For the connection to be there, and the deadline to be of the request alone.
      var unused = kv.range(RangeRequest.getDefaultInstance());
      assertThat(lines).isEmpty();

      assertThatThrownBy(() ->
              kv.withDeadlineAfter(500, TimeUnit.MILLISECONDS)
                  .deleteRange(DeleteRangeRequest.getDefaultInstance()))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageStartingWith("DEADLINE_EXCEEDED");
      await().atMost(Duration.ofSeconds(60)).until(() -> !lines.isEmpty());
      assertThat(lines)
          .singleElement()
          .asString()
          .contains("method=etcdserverpb.KV/DeleteRange ", " code=CANCELLED ", " answerBytes=0 ");
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void fastRequestsAreNotToldAndNoneIsIfThatIsNotWanted() throws IOException {
    for (Duration limit : List.of(Duration.ofMinutes(5), Duration.ZERO)) {
      ManagedChannel channel = start(limit);
      try {
        var unused = KVGrpc.newBlockingStub(channel).put(put());
      } finally {
        channel.shutdownNow();
        servers[0].shutdownNow();
      }
    }
    assertThat(lines).isEmpty();
  }

  @Test
  void requestInJsonIsToldToBeOne() throws IOException {
    String name = InProcessServerBuilder.generateName();
    servers[1] =
        InProcessServerBuilder.forName(name)
            .addService(
                ServerInterceptors.intercept(
                    new SlowKv(), new SlowRequestLog(SLOW, new Lines(lines))))
            .build()
            .start();
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    try {
      var unused = KVGrpc.newBlockingStub(channel).put(put());
    } finally {
      channel.shutdownNow();
    }
    assertThat(lines).singleElement().asString().contains(" from=json ");
  }
}
