package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCancelRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest.FilterType;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchProgressRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.mvccpb.Event;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watches over real sockets. The tests share a cluster, and use keys of their own. */
class WatchServiceTest extends ClusterTest {

  @Test
  void watchOnEveryMemberTellsOfWritesThroughAnyMember() throws Exception {
    for (int member = 0; member < 3; member++) {
      try (Stream stream = new Stream(member)) {
        WatchResponse created = stream.create(key("every-" + member));
        assertThat(created.getCreated()).isTrue();
        assertThat(created.getWatchId()).isZero();
        long revision = put("every-" + member, "1");

        WatchResponse response = stream.next();

        assertThat(response.getWatchId()).isZero();
        assertThat(response.getHeader().getRevision()).isEqualTo(revision);
        assertThat(response.getEventsList())
            .singleElement()
            .satisfies(event -> {
              assertThat(event.getType()).isEqualTo(Event.EventType.PUT);
              assertThat(event.getKv().getModRevision()).isEqualTo(revision);
              assertThat(event.getKv().getValue()).isEqualTo(utf8("1"));
              assertThat(event.hasPrevKv()).isFalse();
            });
      }
    }
  }

  @Test
  void watchFromThePastTellsOfEverythingSinceAndThenOfThePresent() throws Exception {
    long first = put("past/a", "1");
    put("past/b", "2");
    delete("past/a");
    try (Stream stream = new Stream(0)) {
      stream.create(prefix("past/").setStartRevision(first).setPrevKv(true));
      put("past/a", "3");

      List<Event> events = stream.events(4);

      assertThat(events)
          .extracting(event -> event.getType() + " " + text(event))
          .containsExactly("PUT past/a=1", "PUT past/b=2", "DELETE past/a=", "PUT past/a=3");
      assertThat(events.get(2).getPrevKv().getValue()).isEqualTo(utf8("1"));
      assertThat(events.get(2).getKv().getCreateRevision()).isZero();
      assertThat(events.get(3).hasPrevKv()).isFalse();
    }
  }

  @Test
  void eventsOfATransactionComeTogetherInItsOrder() throws Exception {
    try (Stream stream = new Stream(0)) {
      stream.create(prefix("txn/"));
      var unused =
          cluster
              .kv(1)
              .txn(
                  TxnRequest.newBuilder()
                      .addSuccess(op("txn/b", "1"))
                      .addSuccess(op("txn/a", "2"))
                      .build());

      WatchResponse response = stream.next();

      assertThat(response.getEventsList())
          .extracting(WatchServiceTest::text)
          .containsExactly("txn/b=1", "txn/a=2");
      assertThat(response.getEventsList())
          .extracting(event -> event.getKv().getModRevision())
          .containsOnly(response.getHeader().getRevision());
    }
  }

  @Test
  void filtersDropPutsOrDeletions() throws Exception {
    try (Stream stream = new Stream(0)) {
      stream.create(key("filter").addFilters(FilterType.NOPUT));
      stream.create(key("filter").addFilters(FilterType.NODELETE));
      put("filter", "1");
      delete("filter");

      assertThat(List.of(describe(stream.next()), describe(stream.next())))
          .containsExactly("1: PUT filter=1", "0: DELETE filter=");
    }
  }

  @Test
  void refusedWatchIsToldWhyAndTheStreamGoesOn() throws Exception {
    try (Stream stream = new Stream(0)) {
      stream.create(key("refused").setWatchId(7));
      WatchResponse duplicate = stream.create(key("refused").setWatchId(7));
      WatchResponse empty = stream.create(key("b").setRangeEnd(utf8("a")));

      for (WatchResponse refusal : List.of(duplicate, empty)) {
        assertThat(refusal.getCreated()).isTrue();
        assertThat(refusal.getCanceled()).isTrue();
        assertThat(refusal.getWatchId()).isEqualTo(-1);
      }
      assertThat(duplicate.getCancelReason())
          .isEqualTo("mvcc: duplicate watch ID provided on the WatchStream");
      assertThat(empty.getCancelReason()).isEqualTo("mvcc: watcher range is empty");
      put("refused", "1");
      assertThat(describe(stream.next())).isEqualTo("7: PUT refused=1");
    }
  }

  @Test
  void cancelledWatchTellsNothingMoreAndAnUnknownOneIsNotAnswered() throws Exception {
    try (Stream stream = new Stream(0)) {
      stream.create(key("cancel"));
      stream.create(key("cancel"));
      stream.cancel(99);
      stream.cancel(0);
      WatchResponse cancelled = stream.next();
      put("cancel", "1");

      assertThat(cancelled.getCanceled()).isTrue();
      assertThat(cancelled.getWatchId()).isZero();
      assertThat(describe(stream.next())).isEqualTo("1: PUT cancel=1");
    }
  }

  @Test
  void watchBelowTheCompactedRevisionIsCreatedAndThenCancelledWithIt() throws Exception {
    long old = put("compacted", "1");
    long compacted = put("compacted", "2");
    var unused =
        cluster.kv(0).compact(CompactionRequest.newBuilder().setRevision(compacted).build());
    try (Stream stream = new Stream(0)) {
      assertThat(stream.create(key("compacted").setStartRevision(old)).getCreated()).isTrue();

      WatchResponse end = stream.next();

      assertThat(end.getCanceled()).isTrue();
      assertThat(end.getCompactRevision()).isEqualTo(compacted);
      assertThat(end.getCancelReason()).isEmpty();
    }
  }

  @Test
  void bigRevisionComesInFragmentsIfAskedFor() throws Exception {
    long start = 0;
    for (int i = 0; i < 4; i++) {
      start = put("fragment/" + i, "x".repeat(1_000_000));
    }
    delete(prefix("fragment/"));
    try (Stream stream = new Stream(0)) {
      stream.create(
          prefix("fragment/").setStartRevision(start + 1).setPrevKv(true).setFragment(true));
      List<WatchResponse> fragments = new ArrayList<>();
      do {
        fragments.add(stream.next());
      } while (fragments.getLast().getFragment());

      assertThat(fragments).hasSize(4);
      assertThat(fragments.stream().flatMap(part -> part.getEventsList().stream()))
          .extracting(event -> event.getKv().getKey().toStringUtf8())
          .containsExactly("fragment/0", "fragment/1", "fragment/2", "fragment/3");
    }
  }

  @Test
  void progressIsToldForTheWholeStreamAfterWhatCameBefore() throws Exception {
    try (Stream stream = new Stream(0)) {
      stream.create(key("progress"));
      long revision = put(0, "progress", "1");
      stream.askForProgress();

      assertThat(describe(stream.next())).isEqualTo("0: PUT progress=1");
      WatchResponse progress = stream.next();
      assertThat(progress.getWatchId()).isEqualTo(-1);
      assertThat(progress.getEventsCount()).isZero();
      assertThat(progress.getHeader().getRevision()).isGreaterThanOrEqualTo(revision);
    }
  }

  @Test
  void clientThatDoesNotReadLosesNothingAndHoldsUpNobody() throws Exception {
    String value = "x".repeat(100_000);
    try (Stream slow = new Stream(0);
        Stream fast = new Stream(0)) {
      slow.create(prefix("slow/"));
      slow.stopReading();
      fast.create(prefix("slow/"));
      for (int i = 0; i < 200; i++) {
        put("slow/" + i, value);
      }
      assertThat(fast.events(200)).hasSize(200);

      slow.readOn();

      assertThat(slow.events(200))
          .extracting(event -> event.getKv().getKey().toStringUtf8())
          .containsExactlyElementsOf(IntStream.range(0, 200).mapToObj(i -> "slow/" + i).toList());
    }
  }

  @Test
  void halfClosedStreamIsEnded() throws Exception {
    try (Stream stream = new Stream(0)) {
      stream.create(key("half"));
      stream.requests().onCompleted();

      assertThat(stream.end.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
    }
  }

  @Test
  void stoppedMemberEndsTheStreamWithAReason(@TempDir Path directory) throws Exception {
    try (TestCluster one = TestCluster.start(directory, 1);
        Stream stream = new Stream(one, 0)) {
      stream.create(key("stopped"));
      one.stop(0);

      Status end = stream.end.get(60, TimeUnit.SECONDS);
      assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(end.getDescription()).isEqualTo("etcdserver: server stopped");
    }
  }

  private static String describe(WatchResponse response) {
    Event event = response.getEvents(0);
    return response.getWatchId() + ": " + event.getType() + " " + text(event);
  }

  private static String text(Event event) {
    return event.getKv().getKey().toStringUtf8() + "=" + event.getKv().getValue().toStringUtf8();
  }

  private long put(String key, String value) {
    return put(1, key, value);
  }

  private long put(int member, String key, String value) {
    PutRequest put = PutRequest.newBuilder().setKey(utf8(key)).setValue(utf8(value)).build();
    return cluster.kv(member).put(put).getHeader().getRevision();
  }

  private void delete(String key) {
    var unused =
        cluster.kv(1).deleteRange(DeleteRangeRequest.newBuilder().setKey(utf8(key)).build());
  }

  private void delete(WatchCreateRequest.Builder range) {
    var unused =
        cluster
            .kv(0)
            .deleteRange(
                DeleteRangeRequest.newBuilder()
                    .setKey(range.getKey())
                    .setRangeEnd(range.getRangeEnd())
                    .build());
  }

  private static RequestOp op(String key, String value) {
    return RequestOp.newBuilder()
        .setRequestPut(PutRequest.newBuilder().setKey(utf8(key)).setValue(utf8(value)))
        .build();
  }

  private static WatchCreateRequest.Builder key(String key) {
    return WatchCreateRequest.newBuilder().setKey(utf8(key));
  }

  private static WatchCreateRequest.Builder prefix(String prefix) {
    String end =
        prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1);
    return key(prefix).setRangeEnd(utf8(end));
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /** A client's stream of watches. */
  private final class Stream extends Responses<WatchResponse>
      implements ClientResponseObserver<WatchRequest, WatchResponse>, AutoCloseable {
    private volatile boolean reading = true;
    private @Nullable ClientCallStreamObserver<WatchRequest> requests;

    Stream(int member) {
      this(cluster, member);
    }

    Stream(TestCluster of, int member) {
      var unused = WatchGrpc.newStub(of.channel(member)).withWaitForReady().watch(this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
      requests = stream;
      stream.disableAutoRequestWithInitial(1);
    }

    ClientCallStreamObserver<WatchRequest> requests() {
      return Objects.requireNonNull(requests);
    }

    @Override
    public void onNext(WatchResponse response) {
      super.onNext(response);
      if (reading) {
        requests().request(1);
      }
    }

    void stopReading() {
      reading = false;
    }

    void readOn() {
      reading = true;
      requests().request(1);
    }

    WatchResponse create(WatchCreateRequest.Builder create) throws InterruptedException {
      requests().onNext(WatchRequest.newBuilder().setCreateRequest(create).build());
      return next();
    }

    void cancel(long id) {
      requests()
          .onNext(
              WatchRequest.newBuilder()
                  .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                  .build());
    }

    void askForProgress() {
      requests()
          .onNext(
              WatchRequest.newBuilder()
                  .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                  .build());
    }

    /** The next events, however they are spread over responses. */
    List<Event> events(int count) throws InterruptedException {
      List<Event> events = new ArrayList<>();
      while (events.size() < count) {
        events.addAll(next().getEventsList());
      }
      return events;
    }

    @Override
    public void close() {
      requests().cancel("the test is over", null);
    }
  }
}
