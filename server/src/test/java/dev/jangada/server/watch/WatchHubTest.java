package dev.jangada.server.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.jangada.kv.EventPage;
import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchHubTest {

  private static final Duration NEVER = Duration.ofDays(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final KvStateMachine store = new KvStateMachine(new HeapStore());
  private long index;

  @AfterEach
  void close() {
    store.close();
  }

  /**
   * Whatever watchers do, and however little of what is committed fits into memory: each is told
   * exactly what the store's history says happened to its keys since its start.
   */
  @ParameterizedTest
  @CsvSource({"1, 16", "400, 1", "400, 60", "9223372036854775807, 100000"})
  void everyWatcherIsToldOfEveryChangeOnceAndInOrder(long maxWaitingBytes, int recentEvents)
      throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (WatchHub hub = new WatchHub("test", store, NEVER, maxWaitingBytes, 5, recentEvents)) {
      List<Told> receivers = new ArrayList<>();
      for (int round = 0; round < 400; round++) {
        apply(randomCommands(random));
        if (random.nextInt(40) == 0) {
          jumpAheadBySnapshot(random);
        }
        if (random.nextInt(8) == 0) {
          receivers.add(watch(hub, random));
        }
        if (!receivers.isEmpty() && random.nextInt(3) == 0) {
          receivers.get(random.nextInt(receivers.size())).setReady(hub, random.nextBoolean());
        }
      }
      receivers.forEach(receiver -> receiver.setReady(hub, true));
      for (Told receiver : receivers) {
        receiver.awaitAllDelivered(hub);
        assertThat(receiver.events())
            .as("seed %d, watcher %s from %d", seed, receiver.keys, receiver.start)
            .isEqualTo(history(receiver.keys, receiver.start));
      }
      assertThat(receivers).hasSizeGreaterThan(10);
    }
  }

  /** The store is replaced by that of another node, which has applied more. */
  private void jumpAheadBySnapshot(Random random) throws IOException {
    try (KvStateMachine other = new KvStateMachine(new HeapStore())) {
      restore(store, other);
      for (int i = random.nextInt(5); i >= 0; i--) {
        apply(other, randomCommands(random));
      }
      restore(other, store);
    }
  }

  private static void restore(KvStateMachine from, KvStateMachine to) throws IOException {
    try (StateMachine.Snapshot snapshot = from.snapshot();
        InputStream in = snapshot.open()) {
      to.restore(snapshot.index(), in);
    }
  }

  private List<Command> randomCommands(Random random) {
    List<Command> commands = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      commands.add(
          switch (random.nextInt(6)) {
            case 0 -> DeleteRangeRequest.of(key(random));
            case 1 -> DeleteRangeRequest.of(key(random), key(random));
            case 2 ->
                new TxnRequest(
                    List.<Compare>of(),
                    List.of(put("x" + random.nextInt(3)), put("y" + random.nextInt(3))),
                    List.of());
            default -> put("k" + random.nextInt(9));
          });
    }
    return commands;
  }

  private Told watch(WatchHub hub, Random random) throws Exception {
    KeyRange keys =
        switch (random.nextInt(5)) {
          case 0, 1 -> KeyRange.of(key(random), Bytes.EMPTY);
          case 2 -> prefix(random.nextBoolean() ? "k" : "k" + random.nextInt(9));
          case 3 -> KeyRange.of(Bytes.utf8("k3"), Bytes.utf8("k7"));
          default -> KeyRange.of(Bytes.utf8("k"), Bytes.wrap(new byte[1]));
        };
    long revision = store.revision();
    long start =
        switch (random.nextInt(3)) {
          case 0 -> 1 + random.nextLong(revision);
          case 1 -> revision + random.nextInt(20);
          default -> revision + 1;
        };
    Told told = new Told(keys, start);
    told.add(hub);
    return told;
  }

  private static KeyRange prefix(String prefix) {
    return KeyRange.of(Bytes.utf8(prefix), KeyRange.prefixEnd(Bytes.utf8(prefix)));
  }

  private static Bytes key(Random random) {
    return Bytes.utf8("k" + random.nextInt(9));
  }

  private PutRequest put(String key) {
    return PutRequest.of(Bytes.utf8(key), Bytes.utf8("value " + index));
  }

  private void apply(List<Command> commands) {
    apply(store, commands);
  }

  private void apply(KvStateMachine machine, List<Command> commands) {
    List<Entry> entries = new ArrayList<>();
    for (Command command : commands) {
      index++;
      entries.add(Entry.command(index, 1, new Proposal(1, index, CommandCodec.encode(command))));
    }
    var unused = machine.apply(entries);
  }

  private List<KeyEvent> history(KeyRange keys, long start) {
    EventPage page = store.events(keys::contains, start, Integer.MAX_VALUE, Long.MAX_VALUE);
    assertThat(page.next()).isEqualTo(Math.max(start, store.revision() + 1));
    return page.events();
  }

  @Test
  void watcherWhoseStartIsCompactedIsEndedWithTheRevisionItCouldStartFrom() throws Exception {
    apply(List.of(put("a"), put("a"), put("a"), put("a"), new CompactRequest(4, true)));
    try (WatchHub hub = new WatchHub("test", store, NEVER)) {
      Told tooOld = new Told(KeyRange.of(Bytes.utf8("a"), Bytes.EMPTY), 3);
      Told oldest = new Told(KeyRange.of(Bytes.utf8("a"), Bytes.EMPTY), 4);
      tooOld.add(hub);
      oldest.add(hub);

      assertThat(tooOld.compacted.get(60, TimeUnit.SECONDS)).isEqualTo(4);
      oldest.awaitAllDelivered(hub);
      assertThat(oldest.events()).extracting(KeyEvent::revision).containsExactly(4L, 5L);
      assertThat(tooOld.events()).isEmpty();
    }
  }

  @Test
  void progressIsToldOnlyWhenNothingIsMissing() throws Exception {
    try (WatchHub hub = new WatchHub("test", store, NEVER)) {
      Told told = new Told(KeyRange.of(Bytes.utf8("a"), Bytes.EMPTY), 1);
      told.setReady(hub, false);
      told.add(hub);
      apply(List.of(put("a"), put("b")));
      CompletableFuture<Long> progress = new CompletableFuture<>();
      CountDownLatch asked = new CountDownLatch(1);
      hub.execute(() -> {
        hub.progress(told, progress::complete);
        asked.countDown();
      });
      assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(progress).isNotDone();

      told.setReady(hub, true);

      assertThat(progress.get(60, TimeUnit.SECONDS)).isEqualTo(3);
      assertThat(told.events()).hasSize(1);
    }
  }

  @Test
  void quietWatcherThatAsksForItIsToldThatNothingHappened() throws Exception {
    try (WatchHub hub = new WatchHub("test", store, Duration.ofMillis(20))) {
      Told told = new Told(KeyRange.of(Bytes.utf8("a"), Bytes.EMPTY), 1);
      told.add(hub);
      apply(List.of(put("b")));

      assertThat(told.quiet.get(60, TimeUnit.SECONDS)).isBetween(1L, 2L);
    }
  }

  @Test
  void removedWatcherIsToldNothingMore() throws Exception {
    try (WatchHub hub = new WatchHub("test", store, NEVER)) {
      Told told = new Told(KeyRange.of(Bytes.utf8("a"), Bytes.EMPTY), 1);
      told.add(hub);
      apply(List.of(put("a")));
      told.awaitAllDelivered(hub);
      hub.removeAll(told);
      apply(List.of(put("a")));
      told.awaitAllDelivered(hub);

      assertThat(told.events()).hasSize(1);
    }
  }

  @Test
  void closeEndsWatchersAndTakesNoMoreTasks() throws Exception {
    Told told = new Told(KeyRange.of(Bytes.utf8("a"), Bytes.EMPTY), 1);
    WatchHub hub = new WatchHub("test", store, NEVER);
    told.add(hub);

    hub.close();

    assertThat(told.stopped).isDone();
    assertThat(hub.execute(() -> {})).isFalse();
  }

  /** Ten thousand who fell behind together: what they missed is read once, not by each of them. */
  @Test
  @Timeout(300)
  void thoseWhoFallBehindTogetherCatchUpTogether() throws Exception {
    int revisions = 5_000;
    int watchers = 10_000;
    for (int i = 0; i < revisions / 10; i++) {
      apply(Collections.nCopies(10, put("k" + i % 9)));
    }
    try (WatchHub hub = new WatchHub("test", store, NEVER)) {
      List<Told> receivers = new ArrayList<>();
      for (int i = 0; i < watchers; i++) {
        receivers.add(new Told(KeyRange.of(Bytes.utf8("none" + i), Bytes.EMPTY), 2));
      }
      Told all = new Told(prefix("k"), 2);
      receivers.add(all);
      assertThat(hub.execute(() -> receivers.forEach(told -> hub.add(told.watcher())))).isTrue();
      all.awaitAllDelivered(hub);
      assertThat(all.events()).isEqualTo(history(all.keys, 2)).hasSize(revisions);
      for (Told told : receivers) {
        told.awaitAllDelivered(hub);
      }
      await().atMost(PATIENCE).until(() -> hub.statistics().slow() == 0);
      assertThat(hub.statistics().pages()).isEqualTo(revisions / 1_024 + 1);
    }
  }

  /**
   * A receiver that takes one message at a time, with a watcher of much and one of little: the
   * second is told before the first has everything.
   */
  @Test
  void watcherOfLittleIsNotKeptWaitingByOneOfMuchOnTheSameStream() throws Exception {
    try (WatchHub hub = new WatchHub("test", store, NEVER, Long.MAX_VALUE, 5, 1)) {
      OneAtATime receiver = new OneAtATime();
      assertThat(
              hub.execute(() -> {
                hub.add(new Watcher(1, prefix("k"), 2, true, true, false, receiver));
                hub.add(
                    new Watcher(
                        2,
                        KeyRange.of(Bytes.utf8("k5"), Bytes.EMPTY),
                        2,
                        true,
                        true,
                        false,
                        receiver));
              }))
          .isTrue();
      for (int i = 0; i < 100; i++) {
        apply(List.of(put("k5"), put("k1"), put("k2")));
      }
      List<Long> told = new ArrayList<>();
      while (told.size() < 400) {
        told.addAll(receiver.next(hub));
      }
      assertThat(told).hasSize(400);
      assertThat(told.subList(0, 200)).contains(2L);
    }
  }

  /** Is ready for one message, and then again when that was taken from it. */
  private static final class OneAtATime implements WatchReceiver {
    private final LinkedBlockingQueue<List<Long>> messages = new LinkedBlockingQueue<>();
    private volatile boolean ready;

    private static void awaitTurn(WatchHub hub) throws Exception {
      CountDownLatch done = new CountDownLatch(1);
      assertThat(hub.execute(done::countDown)).isTrue();
      assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Of which watcher each event of the next message is. */
    List<Long> next(WatchHub hub) throws Exception {
      // The second is done in a later turn than the first: by then all who wait are blocked.
      awaitTurn(hub);
      awaitTurn(hub);
      ready = true;
      hub.resume(this);
      return Objects.requireNonNull(messages.poll(60, TimeUnit.SECONDS), "no message in time");
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void deliver(Watcher watcher, long revision, List<KeyEvent> events) {
      ready = false;
      messages.add(Collections.nCopies(events.size(), watcher.id()));
    }

    @Override
    public void deliverProgress(Watcher watcher, long revision) {}

    @Override
    public void compacted(Watcher watcher, long compactedRevision) {}

    @Override
    public void stopped() {}
  }

  /** Who does not read is slow, and is not when it has read. */
  @Test
  void watcherThatDoesNotReadIsCountedAsSlowUntilItHasRead() throws Exception {
    try (WatchHub hub = new WatchHub("test", store, NEVER)) {
      Told reads = new Told(prefix("a"), 1);
      Told doesNot = new Told(prefix("a"), 1);
      reads.add(hub);
      doesNot.add(hub);
      doesNot.setReady(hub, false);
      apply(List.of(put("a")));
      reads.awaitAllDelivered(hub);
      await().atMost(PATIENCE).until(() -> hub.statistics().slow() == 1);
      assertThat(hub.statistics())
          .extracting(WatchStatistics::receivers, WatchStatistics::watchers)
          .containsExactly(2, 2);

      doesNot.setReady(hub, true);

      doesNot.awaitAllDelivered(hub);
      await().atMost(PATIENCE).until(() -> hub.statistics().slow() == 0);
      assertThat(hub.statistics().events()).isEqualTo(2);
      hub.removeAll(reads);
      hub.removeAll(doesNot);
      await().atMost(PATIENCE).until(() -> hub.statistics().watchers() == 0);
    }
  }

  /** A receiver with one watcher, and what it was told. */
  private static final class Told implements WatchReceiver {
    private final KeyRange keys;
    private final long start;
    private final List<KeyEvent> events = new ArrayList<>();
    private volatile boolean ready = true;
    private final CompletableFuture<Long> compacted = new CompletableFuture<>();
    private final CompletableFuture<Long> quiet = new CompletableFuture<>();
    private final CompletableFuture<Boolean> stopped = new CompletableFuture<>();

    Told(KeyRange keys, long start) {
      this.keys = keys;
      this.start = start;
    }

    void add(WatchHub hub) throws Exception {
      CountDownLatch added = new CountDownLatch(1);
      hub.execute(() -> {
        hub.add(watcher());
        added.countDown();
      });
      assertThat(added.await(60, TimeUnit.SECONDS)).isTrue();
    }

    Watcher watcher() {
      return new Watcher(1, keys, start, true, true, true, this);
    }

    void setReady(WatchHub hub, boolean isReady) {
      ready = isReady;
      if (isReady) {
        hub.resume(this);
      }
    }

    /** Uses what progress promises: everything has been delivered before it is told. */
    void awaitAllDelivered(WatchHub hub) throws Exception {
      CompletableFuture<Long> progress = new CompletableFuture<>();
      hub.execute(() -> hub.progress(this, progress::complete));
      progress.get(60, TimeUnit.SECONDS);
    }

    synchronized List<KeyEvent> events() {
      return List.copyOf(events);
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public synchronized void deliver(Watcher watcher, long revision, List<KeyEvent> delivered) {
      assertThat(delivered).isNotEmpty();
      assertThat(delivered.getLast().revision()).isLessThanOrEqualTo(revision);
      if (!events.isEmpty()) {
        // Those of one revision come together.
        assertThat(delivered.getFirst().revision()).isGreaterThan(events.getLast().revision());
      }
      events.addAll(delivered);
    }

    @Override
    public void deliverProgress(Watcher watcher, long revision) {
      quiet.complete(revision);
    }

    @Override
    public void compacted(Watcher watcher, long compactedRevision) {
      compacted.complete(compactedRevision);
    }

    @Override
    public void stopped() {
      stopped.complete(true);
    }
  }
}
