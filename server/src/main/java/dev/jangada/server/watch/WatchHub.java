package dev.jangada.server.watch;

import dev.jangada.kv.EventListener;
import dev.jangada.kv.EventPage;
import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.KeyRange;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings every change of a key to everyone who watches it: each once, in the order of revisions,
 * those of one revision together, none left out.
 *
 * <h2>How</h2>
 *
 * <p>The thread that applies entries hands over what they did ({@link #committed}) and goes on. One
 * thread, the hub's, does all else, so that no watcher's state needs a lock.
 *
 * <p>A watcher is either <em>live</em> or <em>behind</em>. Live ones are found by the key of an
 * event: those of a single key by a hash table, others range by range, however many watch the same
 * one. A watcher is behind when it starts in the past, when its receiver takes no more, or when the
 * hub itself could not keep up. It then reads the revisions that it missed from the store's index,
 * a page at a time, all such watchers in turn, and is live again when nothing is missing.
 *
 * <p>So who does not read costs nothing but a number, the revision to go on from; and writes wait
 * for nobody. What has been handed over and not been dispatched yet is bounded in bytes; beyond
 * that it is dropped, and all live watchers fall behind: they find it in the store. So they do when
 * the store is {@linkplain #restored restored} from a snapshot.
 *
 * <p>Rejected: a queue of events for each watcher, which must be bounded, and then either holds up
 * writes or loses events; and asking all watchers after each write whether it is for them.
 */
public final class WatchHub implements EventListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WatchHub.class);

  /** More than this handed over and not dispatched is dropped and read from the store later. */
  private static final long MAX_WAITING_BYTES = 16L << 20;

  private static final int PAGE_EVENTS = 4_096;
  private static final long PAGE_BYTES = 1L << 20;
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final KvStateMachine store;
  private final long maxWaitingBytes;
  private final int pageEvents;
  private final long progressNanos;
  private final Thread thread;

  /** Guards what comes in. */
  private final Object lock = new Object();

  private final ArrayDeque<Item> waiting = new ArrayDeque<>();

  private long waitingBytes;

  /** The last revision that was dropped since the hub's thread looked; 0 if none was. */
  private long dropped;

  private boolean closing;

  // The hub's thread's own from here on.

  private final Map<Bytes, Set<Watcher>> liveByKey = new HashMap<>();
  private final Map<KeyRange, Set<Watcher>> liveByRange = new LinkedHashMap<>();
  private final ArrayDeque<Watcher> behind = new ArrayDeque<>();
  private final Map<WatchReceiver, Set<Watcher>> watchers = new LinkedHashMap<>();
  private final Map<WatchReceiver, LongConsumer> wantProgress = new LinkedHashMap<>();

  /** Live watchers have everything up to it. */
  private long dispatched;

  private long nextProgressNanos;

  /** What comes in; one queue for all, because a task is about what was committed before it. */
  private sealed interface Item {}

  private record Committed(long revision, List<KeyEvent> events, long weight) implements Item {}

  private record Task(Runnable action) implements Item {}

  /**
   * Starts the hub.
   *
   * @param store where what is missed is read; the hub hears of what is applied from now on
   * @param progressInterval how often watchers that want it are told that nothing happened
   */
  public WatchHub(String memberName, KvStateMachine store, Duration progressInterval) {
    this(memberName, store, progressInterval, MAX_WAITING_BYTES, PAGE_EVENTS);
  }

  WatchHub(
      String memberName,
      KvStateMachine store,
      Duration progressInterval,
      long maxWaitingBytes,
      int pageEvents) {
    this.store = store;
    this.maxWaitingBytes = maxWaitingBytes;
    this.pageEvents = pageEvents;
    this.progressNanos = progressInterval.toNanos();
    this.dispatched = store.revision();
    this.nextProgressNanos = System.nanoTime() + progressNanos;
    this.thread = new Thread(this::run, "jangada-" + memberName + "-watch");
    thread.setDaemon(true);
    store.listen(this);
    thread.start();
  }

  /** Takes what has been applied. */
  @Override
  public void committed(long revision, List<KeyEvent> events) {
    if (events.isEmpty()) {
      return;
    }
    long weight = 0;
    for (KeyEvent event : events) {
      weight += event.weight();
    }
    synchronized (lock) {
      if (closing) {
        return;
      }
      if (waitingBytes + weight > maxWaitingBytes && waitingBytes > 0) {
        dropped = dropWaiting();
      }
      waiting.add(new Committed(revision, events, weight));
      waitingBytes += weight;
      lock.notifyAll();
    }
  }

  /** Has all watchers read what a snapshot brought. */
  @Override
  public void restored(long revision) {
    synchronized (lock) {
      if (closing) {
        return;
      }
      var unused = dropWaiting();
      dropped = revision;
      // To wake the hub's thread.
      waiting.add(new Task(() -> {}));
      lock.notifyAll();
    }
  }

  /** Has all receivers look whether their watchers may go on. */
  @Override
  public void accessChanged() {
    var unused =
        execute(() -> List.copyOf(watchers.keySet()).forEach(WatchReceiver::accessChanged));
  }

  /** Keeps the tasks; the revision of the last batch dropped. */
  private long dropWaiting() {
    long last = 0;
    for (Iterator<Item> items = waiting.iterator(); items.hasNext(); ) {
      if (items.next() instanceof Committed batch) {
        last = batch.revision();
        items.remove();
      }
    }
    waitingBytes = 0;
    return last;
  }

  /**
   * Has something done by the hub's thread: after everything that was committed before, and one
   * after the other. The other methods that change watchers are to be called in such a task.
   *
   * @return false if the hub is closed, and it will not be done
   */
  public boolean execute(Runnable task) {
    synchronized (lock) {
      if (closing) {
        return false;
      }
      waiting.add(new Task(task));
      lock.notifyAll();
      return true;
    }
  }

  /** A receiver takes more again. Any thread. */
  public void resume(WatchReceiver receiver) {
    var unused =
        execute(() -> {
          for (Watcher watcher : watchers.getOrDefault(receiver, Set.of())) {
            if (watcher.state() == Watcher.State.BLOCKED) {
              fallBehind(watcher);
            }
          }
        });
  }

  /** Begins to tell a watcher. The hub's thread. */
  public void add(Watcher watcher) {
    watchers.computeIfAbsent(watcher.receiver(), unused -> new LinkedHashSet<>()).add(watcher);
    fallBehind(watcher);
  }

  /** Ends a watcher. The hub's thread. */
  public void remove(Watcher watcher) {
    end(watcher);
    Set<Watcher> others = watchers.get(watcher.receiver());
    if (others != null) {
      others.remove(watcher);
      if (others.isEmpty()) {
        watchers.remove(watcher.receiver());
      }
    }
    answerProgress(watcher.receiver());
  }

  /** Ends all watchers of a receiver, which hears nothing more. Any thread. */
  public void removeAll(WatchReceiver receiver) {
    var unused =
        execute(() -> {
          wantProgress.remove(receiver);
          Set<Watcher> ended = watchers.remove(receiver);
          if (ended != null) {
            ended.forEach(this::end);
          }
        });
  }

  /**
   * Tells up to which revision everything has been delivered to all of a receiver's watchers, as
   * soon as none of them is behind. The hub's thread.
   */
  public void progress(WatchReceiver receiver, LongConsumer answer) {
    wantProgress.put(receiver, answer);
    answerProgress(receiver);
  }

  private void answerProgress(WatchReceiver receiver) {
    if (!wantProgress.containsKey(receiver)) {
      return;
    }
    for (Watcher watcher : watchers.getOrDefault(receiver, Set.of())) {
      if (watcher.state() != Watcher.State.LIVE) {
        return;
      }
    }
    LongConsumer answer = wantProgress.remove(receiver);
    if (answer != null) {
      answer.accept(dispatched);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The hub's thread
  // ---------------------------------------------------------------------------------------------

  private void run() {
    try {
      while (turn()) {
        // Everything happens in the turns.
      }
    } catch (RuntimeException e) {
      // A store that cannot be read stops the node as well.
      LOG.error("watches end: what was missed cannot be read", e);
    } finally {
      synchronized (lock) {
        closing = true;
      }
      watchers.keySet().forEach(WatchReceiver::stopped);
    }
  }

  /** Does what is due; false at the end. */
  private boolean turn() {
    @Nullable Item item;
    long gap;
    synchronized (lock) {
      await();
      if (closing) {
        return false;
      }
      gap = dropped;
      dropped = 0;
      item = waiting.poll();
      if (item instanceof Committed batch) {
        waitingBytes -= batch.weight();
      }
    }
    if (gap > 0) {
      allFallBehind(gap);
    }
    switch (item) {
      case Committed batch -> dispatch(batch);
      case Task task -> task.action().run();
      case null -> {}
    }
    catchUp();
    if (System.nanoTime() - nextProgressNanos >= 0) {
      nextProgressNanos += progressNanos;
      tellProgress();
    }
    return true;
  }

  private void await() {
    while (!closing && waiting.isEmpty() && behind.isEmpty()) {
      long millis = (nextProgressNanos - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        return;
      }
      try {
        lock.wait(millis);
      } catch (InterruptedException e) {
        closing = true;
      }
    }
  }

  private void dispatch(Committed batch) {
    List<Watcher> touched = new ArrayList<>();
    for (KeyEvent event : batch.events()) {
      gather(liveByKey.get(event.keyValue().key()), event, touched);
      for (Map.Entry<KeyRange, Set<Watcher>> range : liveByRange.entrySet()) {
        if (range.getKey().contains(event.keyValue().key())) {
          gather(range.getValue(), event, touched);
        }
      }
    }
    dispatched = batch.revision();
    for (Watcher watcher : touched) {
      List<KeyEvent> events = watcher.takeGathered();
      if (watcher.receiver().isReady()) {
        watcher.advance(batch.revision() + 1);
        watcher.deliver(batch.revision(), events);
      } else {
        leaveLive(watcher);
        watcher.advance(events.getFirst().revision());
        watcher.become(Watcher.State.BLOCKED);
        unblockIfReady(watcher);
      }
    }
  }

  private static void gather(
      @Nullable Collection<Watcher> candidates, KeyEvent event, List<Watcher> touched) {
    if (candidates == null) {
      return;
    }
    for (Watcher watcher : candidates) {
      if (watcher.wants(event) && watcher.gather(event)) {
        touched.add(watcher);
      }
    }
  }

  /** The receiver may have become ready, and said so, just before its watcher was blocked. */
  private void unblockIfReady(Watcher watcher) {
    if (watcher.receiver().isReady()) {
      fallBehind(watcher);
    }
  }

  private void fallBehind(Watcher watcher) {
    watcher.become(Watcher.State.BEHIND);
    behind.add(watcher);
  }

  /** Nobody is told of what was dropped: it has to be found in the store. */
  private void allFallBehind(long droppedRevision) {
    List<Watcher> live = new ArrayList<>();
    liveByKey.values().forEach(live::addAll);
    liveByRange.values().forEach(live::addAll);
    LOG.info("watches: {} watchers catch up from the store", live.size());
    for (Watcher watcher : live) {
      leaveLive(watcher);
      watcher.advance(dispatched + 1);
      fallBehind(watcher);
    }
    dispatched = droppedRevision;
  }

  /** Brings the watcher that has waited longest a page further. */
  private void catchUp() {
    Watcher watcher = behind.poll();
    if (watcher == null || watcher.state() != Watcher.State.BEHIND) {
      return;
    }
    if (!watcher.receiver().isReady()) {
      watcher.become(Watcher.State.BLOCKED);
      unblockIfReady(watcher);
      return;
    }
    if (watcher.next() > dispatched) {
      goLive(watcher);
      return;
    }
    EventPage page = store.events(watcher.keys(), watcher.next(), pageEvents, PAGE_BYTES);
    if (page.compactedRevision() > watcher.next()) {
      remove(watcher);
      watcher.receiver().compacted(watcher, page.compactedRevision());
      return;
    }
    List<KeyEvent> wanted = page.events().stream().filter(watcher::wants).toList();
    watcher.advance(page.next());
    if (!wanted.isEmpty()) {
      watcher.deliver(page.next() - 1, wanted);
    }
    if (watcher.state() == Watcher.State.BEHIND) {
      behind.add(watcher);
    }
  }

  private void goLive(Watcher watcher) {
    watcher.become(Watcher.State.LIVE);
    Set<Watcher> others =
        isSingleKey(watcher.keys())
            ? liveByKey.computeIfAbsent(watcher.keys().from(), unused -> new LinkedHashSet<>())
            : liveByRange.computeIfAbsent(watcher.keys(), unused -> new LinkedHashSet<>());
    others.add(watcher);
    answerProgress(watcher.receiver());
  }

  private void leaveLive(Watcher watcher) {
    if (isSingleKey(watcher.keys())) {
      leave(liveByKey, watcher.keys().from(), watcher);
    } else {
      leave(liveByRange, watcher.keys(), watcher);
    }
  }

  private static <K> void leave(Map<K, Set<Watcher>> live, K place, Watcher watcher) {
    Set<Watcher> others = live.get(place);
    if (others != null && others.remove(watcher) && others.isEmpty()) {
      live.remove(place);
    }
  }

  private static boolean isSingleKey(KeyRange keys) {
    return keys.equals(KeyRange.of(keys.from(), Bytes.EMPTY));
  }

  private void end(Watcher watcher) {
    if (watcher.state() == Watcher.State.LIVE) {
      leaveLive(watcher);
    }
    watcher.become(Watcher.State.ENDED);
  }

  private void tellProgress() {
    for (Set<Watcher> ofReceiver : watchers.values()) {
      for (Watcher watcher : ofReceiver) {
        if (watcher.wantsProgress()
            && watcher.state() == Watcher.State.LIVE
            && watcher.wasQuiet()
            && watcher.receiver().isReady()) {
          watcher.receiver().deliverProgress(watcher, dispatched);
        }
      }
    }
  }

  /** Ends all watchers and waits for the hub's thread. */
  @Override
  public void close() {
    synchronized (lock) {
      closing = true;
      lock.notifyAll();
    }
    try {
      thread.join(CLOSE_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
