package dev.jangada.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCancelRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchProgressRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.mvccpb.Event;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What jetcd has no option for when it watches: several watches on one stream, byte for byte. */
@Timeout(300)
class GrpcWatchTest {

  private static final int MAX_RESPONSE_BYTES = 16 << 20;

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private final BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private StreamObserver<WatchRequest> requests;

  @SuppressWarnings("NullAway.Init") // set before each test
  GrpcWatchTest() {}

  @BeforeEach
  void open() {
    requests =
        WatchGrpc.newStub(etcd.channel(0))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .withMaxInboundMessageSize(MAX_RESPONSE_BYTES)
            .watch(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WatchResponse response) {
                    responses.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    end.complete(Status.fromThrowable(failure));
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(Status.OK);
                  }
                });
  }

  @AfterEach
  void close() {
    ((ClientCallStreamObserver<WatchRequest>) requests).cancel("the test is over", null);
  }

  @Test
  void watchesOfAStreamAreCountedFromZero() throws Exception {
    create(watch("a"));
    create(watch("b"));

    WatchResponse first = next();
    WatchResponse second = next();

    assertThat(first.getCreated()).isTrue();
    assertThat(first.getHeader().getRevision()).isPositive();
    assertThat(List.of(first.getWatchId(), second.getWatchId())).containsExactly(0L, 1L);
  }

  @Test
  void watchHasTheIdThatItsClientWishes() throws Exception {
    create(watch("a").setWatchId(42));

    assertThat(next().getWatchId()).isEqualTo(42);
  }

  @Test
  void idThatIsInUseIsRefused() throws Exception {
    create(watch("a").setWatchId(42));
    next();
    create(watch("b").setWatchId(42));

    WatchResponse refusal = next();

    assertThat(refusal.getCreated()).isTrue();
    assertThat(refusal.getCanceled()).isTrue();
    assertThat(refusal.getWatchId()).isEqualTo(-1);
    assertThat(refusal.getCancelReason())
        .isEqualTo("mvcc: duplicate watch ID provided on the WatchStream");
  }

  @Test
  void emptyRangeIsRefused() throws Exception {
    create(watch("b").setRangeEnd(key("a")));

    WatchResponse refusal = next();

    assertThat(refusal.getCanceled()).isTrue();
    assertThat(refusal.getWatchId()).isEqualTo(-1);
    assertThat(refusal.getCancelReason()).isEqualTo("mvcc: watcher range is empty");
  }

  @Test
  void cancelledWatchIsConfirmedAndTheOthersGoOn() throws Exception {
    create(watch("a"));
    create(watch("b"));
    next();
    next();
    cancel(0);
    WatchResponse confirmation = next();
    assertThat(confirmation.getCanceled()).isTrue();
    assertThat(confirmation.getWatchId()).isZero();

    put("a", "1");
    put("b", "1");

    WatchResponse event = next();
    assertThat(event.getWatchId()).isEqualTo(1);
    assertThat(event.getEvents(0).getKv().getKey()).isEqualTo(key("b"));
  }

  @Test
  void cancellationOfAnUnknownWatchIsNotAnswered() throws Exception {
    create(watch("a"));
    next();
    cancel(77);
    put("a", "1");

    assertThat(next().getEventsList()).hasSize(1);
  }

  @Test
  void progressIsOfTheWholeStream() throws Exception {
    long now = put("a", "1");
    create(watch("a"));
    next();
    requests.onNext(
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build());

    WatchResponse progress = next();

    assertThat(progress.getWatchId()).isEqualTo(-1);
    assertThat(progress.getEventsList()).isEmpty();
    assertThat(progress.getHeader().getRevision()).isGreaterThanOrEqualTo(now);
  }

  @Test
  void watchBelowTheCompactionIsCreatedAndThenCancelledWithItsRevision() throws Exception {
    long old = put("a", "1");
    long compacted = put("a", "2");
    var unused =
        KVGrpc.newBlockingStub(etcd.channel(0))
            .compact(CompactionRequest.newBuilder().setRevision(compacted).build());
    create(watch("a").setStartRevision(old));

    WatchResponse created = next();
    WatchResponse cancelled = next();

    assertThat(created.getCreated()).isTrue();
    assertThat(created.getCanceled()).isFalse();
    assertThat(cancelled.getCanceled()).isTrue();
    assertThat(cancelled.getCompactRevision()).isEqualTo(compacted);
    assertThat(cancelled.getEventsList()).isEmpty();
  }

  /** Two and a half mebibytes in one revision, because the values before it come along. */
  @Test
  void eventsOfALargeRevisionComeInFragmentsToWhoAsksForThem() throws Exception {
    putLargeTransaction('1');
    long large = putLargeTransaction('2');
    create(
        watch("large/")
            .setRangeEnd(key("large0"))
            .setStartRevision(large)
            .setPrevKv(true)
            .setFragment(true));
    next();

    List<Event> events = new ArrayList<>();
    List<Boolean> flags = new ArrayList<>();
    while (events.size() < 12) {
      WatchResponse part = next();
      assertThat(part.getSerializedSize()).isLessThan(2 << 20);
      events.addAll(part.getEventsList());
      flags.add(part.getFragment());
    }

    assertThat(flags).hasSizeGreaterThan(1).endsWith(false);
    assertThat(flags.subList(0, flags.size() - 1)).containsOnly(true);
    assertThat(events).hasSize(12).allMatch(event -> event.getKv().getModRevision() == large);
    assertThat(events).allMatch(event -> event.getPrevKv().getValue().byteAt(0) == '1');
  }

  @Test
  void eventsOfALargeRevisionComeTogetherToWhoDoesNot() throws Exception {
    long large = putLargeTransaction('1');
    create(watch("large/").setRangeEnd(key("large0")).setStartRevision(large));
    next();

    WatchResponse whole = next();

    assertThat(whole.getEventsList()).hasSize(12);
    assertThat(whole.getFragment()).isFalse();
  }

  @Test
  @DiffersInEtcd34("keeps the stream and its watches until the connection ends")
  void streamEndsWhenItsClientHasNothingMoreToSay() throws Exception {
    create(watch("a"));
    next();

    requests.onCompleted();

    assertThat(end.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
  }

  private static WatchCreateRequest.Builder watch(String name) {
    return WatchCreateRequest.newBuilder().setKey(key(name));
  }

  private void create(WatchCreateRequest.Builder request) {
    requests.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
  }

  private void cancel(long id) {
    requests.onNext(
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
            .build());
  }

  private WatchResponse next() throws InterruptedException {
    WatchResponse response = responses.poll(60, TimeUnit.SECONDS);
    assertThat(response).as("end of the stream: %s", end.getNow(null)).isNotNull();
    return response;
  }

  private static long putLargeTransaction(char content) {
    ByteString value = ByteString.copyFromUtf8(String.valueOf(content).repeat(110_000));
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (int i = 0; i < 12; i++) {
      txn.addSuccess(
          RequestOp.newBuilder()
              .setRequestPut(PutRequest.newBuilder().setKey(key("large/" + i)).setValue(value)));
    }
    return KVGrpc.newBlockingStub(etcd.channel(0)).txn(txn.build()).getHeader().getRevision();
  }

  private static long put(String name, String value) {
    return KVGrpc.newBlockingStub(etcd.channel(0))
        .put(
            PutRequest.newBuilder()
                .setKey(key(name))
                .setValue(ByteString.copyFromUtf8(value))
                .build())
        .getHeader()
        .getRevision();
  }

  private static ByteString key(String name) {
    return ByteString.copyFromUtf8(etcd.prefix() + name);
  }
}
