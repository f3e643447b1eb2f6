package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.server.http.RawHttp;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Requests that are larger than etcd takes are refused as etcd refuses them. */
class MessageLimitTest extends ClusterTest {

  private static final int MAX_REQUEST = 3 << 19;
  private static final int MAX_MESSAGE = 2 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  MessageLimitTest() {
    super(1);
  }

  private static PutRequest put(int valueBytes) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8("k"))
        .setValue(ByteString.copyFrom(new byte[valueBytes]))
        .build();
  }

  private static void assertRefused(ThrowingCallable call, Status.Code code, String text) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refused -> {
              assertThat(refused.getStatus().getCode()).isEqualTo(code);
              assertThat(refused.getStatus().getDescription()).isEqualTo(text);
            });
  }

  @Test
  void requestOfOneAndAHalfMebibytesIsTheLargest() {
    PutRequest small = put(MAX_REQUEST - 100);
    PutRequest largest = put(MAX_REQUEST - 100 + MAX_REQUEST - small.getSerializedSize());
    assertThat(largest.getSerializedSize()).isEqualTo(MAX_REQUEST);
    var unused = cluster.kv(0).put(largest);

    assertRefused(
        () -> cluster.kv(0).put(put(MAX_REQUEST)),
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: request is too large");
  }

  @Test
  void messageOverTwoMebibytesIsRefusedInTheWordsOfEtcdsGrpcAndTheConnectionGoesOn() {
    PutRequest tooLarge = put(MAX_MESSAGE);
    assertRefused(
        () -> cluster.kv(0).put(tooLarge),
        Status.Code.RESOURCE_EXHAUSTED,
        "grpc: received message larger than max (%d vs. %d)"
            .formatted(tooLarge.getSerializedSize(), MAX_MESSAGE));
    assertThatThrownBy(() -> cluster.kv(0).put(put(8 * MAX_MESSAGE)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refused ->
                assertThat(refused.getStatus().getCode())
                    .isEqualTo(Status.Code.RESOURCE_EXHAUSTED));

    var unused =
        cluster.kv(0).range(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build());
  }

  @Test
  void watchStreamWithATooLargeMessageEndsAndItsWatchersWithIt() throws Exception {
    CompletableFuture<Boolean> created = new CompletableFuture<>();
    CompletableFuture<Status> ended = new CompletableFuture<>();
    StreamObserver<WatchRequest> requests =
        WatchGrpc.newStub(cluster.channel(0))
            .watch(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WatchResponse response) {
                    created.complete(response.getCreated());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    ended.complete(Status.fromThrowable(failure));
                  }

                  @Override
                  public void onCompleted() {
                    ended.complete(Status.OK);
                  }
                });
    requests.onNext(watch(1));
    assertThat(created.get(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(watchers()).isEqualTo(1));

    requests.onNext(watch(MAX_MESSAGE));

    Status status = ended.get(60, TimeUnit.SECONDS);
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).startsWith("grpc: received message larger than max (");
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(watchers()).isZero());
  }

  private static WatchRequest watch(int keyBytes) {
    return WatchRequest.newBuilder()
        .setCreateRequest(
            WatchCreateRequest.newBuilder().setKey(ByteString.copyFrom(new byte[keyBytes])))
        .build();
  }

  private double watchers() throws IOException {
    String name = "etcd_debugging_mvcc_watcher_total ";
    try (RawHttp http = new RawHttp(cluster.config(0).listenClientUrls().get(0).getPort())) {
      return http.get("/metrics")
          .answer()
          .body()
          .lines()
          .filter(line -> line.startsWith(name))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
          .sum();
    }
  }
}
