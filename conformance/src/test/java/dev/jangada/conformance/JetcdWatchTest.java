package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.ClusterUnderTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchEvent.EventType;
import io.etcd.jetcd.watch.WatchResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Watches by jetcd. Where nothing more may come, one more event is made, and nothing may come
 * before it.
 */
@Timeout(300)
@SuppressWarnings("try") // a watcher or keep-alive does its work by being open
class JetcdWatchTest {

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private KV kv;
  private Watch watch;
  private WatchRecorder recorder;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdWatchTest() {}

  @BeforeEach
  void connect() {
    kv = etcd.client().getKVClient();
    watch = etcd.client().getWatchClient();
    recorder = new WatchRecorder();
  }

  @Test
  void putsAndDeletionsAreSeenInOrder() throws Exception {
    long start = put("first", "0");
    try (var unused = watchAll(start + 1)) {
      put("a", "1");
      put("b", "2");
      answer(kv.delete(etcd.key("a")));
      put("a", "3");

      List<WatchEvent> events = recorder.events(4);

      assertThat(described(events)).containsExactly("PUT a=1", "PUT b=2", "DELETE a=", "PUT a=3");
      assertThat(events.stream().map(event -> event.getKeyValue().getModRevision()))
          .containsExactly(start + 1, start + 2, start + 3, start + 4);
    }
  }

  @Test
  void watchOfTheFutureOnlySeesWhatComesAfterItsCreation() throws Exception {
    put("a", "before");
    try (var unused =
        watch.watch(
            etcd.key("a"), WatchOption.builder().withCreateNotify(true).build(), recorder)) {
      assertThat(recorder.next().isCreatedNotify()).isTrue();
      put("a", "after");

      assertThat(described(recorder.events(1))).containsExactly("PUT a=after");
    }
  }

  @Test
  void watchFromThePastSeesAllSinceOnceAndThenWhatIsNew() throws Exception {
    long start = put("k0", "0");
    for (int i = 1; i < 300; i++) {
      put("k" + i % 7, Integer.toString(i));
    }
    try (var unused = watchAll(start)) {
      for (int i = 300; i < 320; i++) {
        put("k" + i % 7, Integer.toString(i));
      }

      List<WatchEvent> events = recorder.events(320);

      assertThat(events.stream().map(event -> event.getKeyValue().getValue().toString()))
          .containsExactlyElementsOf(IntStream.range(0, 320).mapToObj(Integer::toString).toList());
    }
  }

  @Test
  void watchOfALaterRevisionIsSilentUntilThen() throws Exception {
    long now = put("a", "0");
    try (var unused = watchAll(now + 3)) {
      put("a", "1");
      put("a", "2");
      put("a", "3");

      assertThat(described(recorder.events(1))).containsExactly("PUT a=3");
    }
  }

  @Test
  void watchBelowTheCompactionEndsWithItsRevision() throws Exception {
    long old = put("a", "1");
    put("a", "2");
    long compacted = put("a", "3");
    answer(kv.compact(compacted));

    try (var unused = watchAll(old)) {
      assertThat(recorder.failure())
          .isInstanceOfSatisfying(
              CompactedException.class,
              failure -> assertThat(failure.getCompactedRevision()).isEqualTo(compacted));
    }
  }

  @Test
  void watchAtTheCompactedRevisionIsServed() throws Exception {
    long compacted = put("a", "1");
    answer(kv.compact(compacted));

    try (var unused = watchAll(compacted)) {
      put("a", "2");

      List<WatchEvent> events = recorder.events(2);
      assertThat(described(events)).containsExactly("PUT a=1", "PUT a=2");
    }
  }

  @Test
  void filterLeavesPutsOut() throws Exception {
    long start = put("first", "0");
    try (var unused = watch.watch(etcd.key(""), all(start + 1).withNoPut(true).build(), recorder)) {
      put("a", "1");
      answer(kv.delete(etcd.key("a")));

      assertThat(described(recorder.events(1))).containsExactly("DELETE a=");
    }
  }

  @Test
  void filterLeavesDeletionsOut() throws Exception {
    long start = put("a", "0");
    try (var unused =
        watch.watch(etcd.key(""), all(start + 1).withNoDelete(true).build(), recorder)) {
      answer(kv.delete(etcd.key("a")));
      put("a", "1");

      assertThat(described(recorder.events(1))).containsExactly("PUT a=1");
    }
  }

  @Test
  void prevKvIsWhatWasThereJustBefore() throws Exception {
    long start = put("a", "0");
    try (var unused = watch.watch(etcd.key(""), all(start).withPrevKV(true).build(), recorder)) {
      put("a", "1");
      answer(kv.delete(etcd.key("a")));

      List<WatchEvent> events = recorder.events(3);

      assertThat(events.get(0).getPrevKV().getKey()).isEqualTo(ByteSequence.EMPTY);
      assertThat(events.get(1).getPrevKV().getValue()).isEqualTo(bytes("0"));
      assertThat(events.get(2).getPrevKV().getValue()).isEqualTo(bytes("1"));
      assertThat(events.get(2).getPrevKV().getModRevision()).isEqualTo(start + 1);
    }
  }

  @Test
  void deletionHasOnlyItsKeyAndItsRevision() throws Exception {
    long start = put("a", "value");
    try (var unused = watchAll(start + 1)) {
      answer(kv.delete(etcd.key("a")));

      WatchEvent event = recorder.events(1).get(0);

      assertThat(event.getEventType()).isEqualTo(EventType.DELETE);
      assertThat(event.getKeyValue().getModRevision()).isEqualTo(start + 1);
      assertThat(event.getKeyValue().getValue()).isEqualTo(ByteSequence.EMPTY);
      assertThat(event.getKeyValue().getCreateRevision()).isZero();
      assertThat(event.getKeyValue().getVersion()).isZero();
      assertThat(event.getKeyValue().getLease()).isZero();
    }
  }

  @Test
  void eventsOfATransactionComeTogetherInTheOrderOfItsOperations() throws Exception {
    long start = put("gone", "0");
    try (var unused = watchAll(start + 1)) {
      answer(
          kv.txn()
              .Then(
                  Op.put(etcd.key("z"), bytes("1"), PutOption.DEFAULT),
                  Op.delete(etcd.key("gone"), DeleteOption.DEFAULT),
                  Op.put(etcd.key("a"), bytes("2"), PutOption.DEFAULT))
              .commit());

      WatchResponse together = recorder.next();

      assertThat(described(together.getEvents()))
          .containsExactly("PUT z=1", "DELETE gone=", "PUT a=2");
      assertThat(together.getEvents())
          .allMatch(event -> event.getKeyValue().getModRevision() == start + 1);
    }
  }

  @Test
  void deletionOfARangeIsSeenKeyByKeyInOrder() throws Exception {
    put("b", "1");
    put("c", "1");
    long start = put("a", "1");
    try (var unused = watchAll(start + 1)) {
      answer(kv.delete(etcd.key(""), DeleteOption.builder().isPrefix(true).build()));

      assertThat(described(recorder.events(3)))
          .containsExactly("DELETE a=", "DELETE b=", "DELETE c=");
    }
  }

  @Test
  void watchOfOneKeySeesNoOther() throws Exception {
    long start = put("a", "0");
    try (var unused =
        watch.watch(
            etcd.key("a"), WatchOption.builder().withRevision(start + 1).build(), recorder)) {
      put("a/1", "other");
      put("b", "other");
      put("a", "mine");

      assertThat(described(recorder.events(1))).containsExactly("PUT a=mine");
    }
  }

  @Test
  void watchOfARangeEndsBeforeItsEnd() throws Exception {
    long start = put("a", "0");
    WatchOption range =
        WatchOption.builder().withRange(etcd.key("c")).withRevision(start + 1).build();
    try (var unused = watch.watch(etcd.key("b"), range, recorder)) {
      put("a", "1");
      put("b", "2");
      put("c", "3");
      put("bb", "4");

      assertThat(described(recorder.events(2))).containsExactly("PUT b=2", "PUT bb=4");
    }
  }

  @Test
  void progressIsToldWhenAskedFor() throws Exception {
    long now = put("a", "0");
    WatchOption option = WatchOption.builder().withCreateNotify(true).build();
    // On a stream of its own, because progress is told of all watches of a stream.
    try (Client own = Client.builder().endpoints(etcd.endpoints().get(0)).build();
        Watch.Watcher watcher = own.getWatchClient().watch(etcd.key("b"), option, recorder)) {
      assertThat(recorder.next().isCreatedNotify()).isTrue();

      watcher.requestProgress();

      WatchResponse progress = recorder.next();
      assertThat(progress.isProgressNotify()).isTrue();
      assertThat(progress.getEvents()).isEmpty();
      assertThat(progress.getHeader().getRevision()).isGreaterThanOrEqualTo(now);
    }
  }

  @Test
  void closedWatcherHearsNothingAndOthersGoOn() throws Exception {
    long start = put("a", "0");
    WatchRecorder closed = new WatchRecorder();
    try (var unused = watchAll(start + 1)) {
      Watch.Watcher other = watch.watch(etcd.key(""), all(start + 1).build(), closed);
      put("a", "1");
      assertThat(closed.events(1)).hasSize(1);
      other.close();

      put("a", "2");

      assertThat(described(recorder.events(2))).containsExactly("PUT a=1", "PUT a=2");
      assertThat(other.isClosed()).isTrue();
    }
  }

  @Test
  void hundredWatchersOfAClientSeeAllTheSame() throws Exception {
    long start = put("a", "0");
    List<WatchRecorder> recorders = new ArrayList<>();
    List<Watch.Watcher> watchers = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        WatchRecorder one = new WatchRecorder();
        recorders.add(one);
        watchers.add(watch.watch(etcd.key(""), all(start + 1).build(), one));
      }
      put("a", "1");
      put("b", "2");

      for (WatchRecorder one : recorders) {
        assertThat(described(one.events(2))).containsExactly("PUT a=1", "PUT b=2");
      }
    } finally {
      watchers.forEach(Watch.Watcher::close);
    }
  }

  @Test
  void everyMemberServesTheSameEvents() throws Exception {
    long start = put("a", "0");
    for (var endpoint : etcd.endpoints()) {
      WatchRecorder here = new WatchRecorder();
      try (Client one = Client.builder().endpoints(endpoint).build();
          var unused = one.getWatchClient().watch(etcd.key(""), all(start).build(), here)) {
        put("b", endpoint.toString());

        assertThat(described(here.events(1 + etcd.endpoints().indexOf(endpoint) + 1)))
            .startsWith("PUT a=0")
            .endsWith("PUT b=" + endpoint);
      }
    }
  }

  private Watch.Watcher watchAll(long revision) {
    return watch.watch(etcd.key(""), all(revision).build(), recorder);
  }

  private static WatchOption.Builder all(long revision) {
    return WatchOption.builder().isPrefix(true).withRevision(revision);
  }

  private static List<String> described(List<WatchEvent> events) {
    return events.stream()
        .map(event ->
            event.getEventType()
                + " "
                + event
                    .getKeyValue()
                    .getKey()
                    .toString(StandardCharsets.UTF_8)
                    .substring(etcd.prefix().length())
                + "="
                + event.getKeyValue().getValue().toString(StandardCharsets.UTF_8))
        .toList();
  }

  private long put(String name, String value) throws Exception {
    return answer(kv.put(etcd.key(name), bytes(value))).getHeader().getRevision();
  }
}
