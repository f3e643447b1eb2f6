package dev.jangada.server.watch;

import dev.jangada.kv.EventListener;
import dev.jangada.kv.EventPage;
import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.KvStateMachine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
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
 * event ({@link WatcherIndex}). A watcher is behind when it starts in the past, when its receiver
 * takes no more, or when the hub itself could not keep up. What it missed is then read from the
 * store's index, a page of revisions at a time, and it is live again when nothing is missing. The
 * one that has waited longest says where the next page begins, and all that miss something of the
 * same revisions get it from the same page: so ten thousand watchers that fell behind together
 * catch up by one reading, not by ten thousand. Who missed only what happened last gets it from
 * memory ({@link RecentEvents}).
 *
 * <p>Between two pages everything that was committed meanwhile is dispatched, so that those who
 * catch up do not hold up those who are live by more than a small page.
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

  private static final int MAX_RECENT_EVENTS = 16_384;
  private static final long MAX_RECENT_BYTES = 8L << 20;

  // Small, because live watchers wait while a page is read.
  private static final int PAGE_EVENTS = 1_024;
  private static final long PAGE_BYTES = 256L << 10;

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

  private final WatcherIndex live = new WatcherIndex();

  /** Who has waited longest comes first. */
  private final Set<Watcher> behind = new LinkedHashSet<>();

  private final Map<WatchReceiver, Set<Watcher>> watchers = new LinkedHashMap<>();
  private final Map<WatchReceiver, LongConsumer> wantProgress = new LinkedHashMap<>();

  /** Live watchers have everything up to it. */
  private long dispatched;

  /** Of what was dispatched, the last part. */
  private final RecentEvents recent;

  private long nextProgressNanos;

  private int count;
  private long events;
  private long pages;

  /** What the hub's thread has to say after its last turn. */
  private volatile WatchStatistics statistics = new WatchStatistics(0, 0, 0, 0, 0);

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
    this(memberName, store, progressInterval, MAX_WAITING_BYTES, PAGE_EVENTS, MAX_RECENT_EVENTS);
  }

  WatchHub(
      String memberName,
      KvStateMachine store,
      Duration progressInterval,
      long maxWaitingBytes,
      int pageEvents,
      int recentEvents) {
    this.store = store;
    this.maxWaitingBytes = maxWaitingBytes;
    this.pageEvents = pageEvents;
    this.progressNanos = progressInterval.toNanos();
    this.dispatched = store.revision();
    this.recent = new RecentEvents(recentEvents, MAX_RECENT_BYTES, dispatched);
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
          // Who has missed most comes first, so that one with much to read does not keep the rest
          // of its stream from reading.
          watchers.getOrDefault(receiver, Set.of()).stream()
              .filter(watcher -> watcher.state() == Watcher.State.BLOCKED)
              .sorted(Comparator.comparingLong(Watcher::next))
              .forEach(this::fallBehind);
        });
  }

  /** Begins to tell a watcher. The hub's thread. */
  public void add(Watcher watcher) {
    watchers.computeIfAbsent(watcher.receiver(), unused -> new LinkedHashSet<>()).add(watcher);
    count++;
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

  /** How watching goes. Any thread. */
  public WatchStatistics statistics() {
    return statistics;
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
    int items;
    synchronized (lock) {
      await();
      items = waiting.size();
    }
    // Once at least: there may be nothing but something dropped.
    do {
      if (!takeNext()) {
        return false;
      }
    } while (--items > 0);
    catchUp();
    statistics = new WatchStatistics(watchers.size(), count, count - live.size(), events, pages);
    long now = System.nanoTime();
    if (now - nextProgressNanos >= 0) {
      // From now on: turns that were missed, because all stood still, are not made up for.
      nextProgressNanos = now + progressNanos;
      tellProgress();
    }
    return true;
  }

  /** Does the next of what came in, if there is something; false at the end. */
  private boolean takeNext() {
    @Nullable Item item;
    long gap;
    synchronized (lock) {
      if (closing) {
        return false;
      }
      gap = dropped;
      dropped = 0;
      item = waiting.poll();
      if (item instanceof Committed first) {
        item = withFollowing(first);
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
    return true;
  }

  /**
   * A batch together with those that wait right behind it: the further the hub is behind, the more
   * events it sends in one message, and messages are what takes its time.
   */
  private Committed withFollowing(Committed first) {
    waitingBytes -= first.weight();
    if (!(waiting.peek() instanceof Committed)) {
      return first;
    }
    List<KeyEvent> events = new ArrayList<>(first.events());
    long weight = first.weight();
    long revision = first.revision();
    while (weight < PAGE_BYTES && waiting.peek() instanceof Committed next) {
      waiting.remove();
      waitingBytes -= next.weight();
      events.addAll(next.events());
      weight += next.weight();
      revision = next.revision();
    }
    return new Committed(revision, events, weight);
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
    List<Watcher> touched = gather(live, batch.events());
    dispatched = batch.revision();
    recent.add(batch.events());
    for (Watcher watcher : touched) {
      List<KeyEvent> events = watcher.takeGathered();
      if (watcher.receiver().isReady()) {
        watcher.advance(batch.revision() + 1);
        this.events += events.size();
        watcher.deliver(batch.revision(), events);
      } else {
        live.remove(watcher);
        watcher.advance(events.getFirst().revision());
        block(watcher);
      }
    }
  }

  /** Hands each event to those in the index who want it; returns who got any. */
  private static List<Watcher> gather(WatcherIndex index, List<KeyEvent> events) {
    List<Watcher> touched = new ArrayList<>();
    for (KeyEvent event : events) {
      index.forEach(
          event.keyValue().key(),
          watcher -> {
            if (watcher.wants(event) && watcher.gather(event)) {
              touched.add(watcher);
            }
          });
    }
    return touched;
  }

  /** Nothing more for a watcher until its receiver is ready. */
  private void block(Watcher watcher) {
    watcher.become(Watcher.State.BLOCKED);
    // The receiver may have become ready, and said so, just before.
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
    List<Watcher> left = live.all();
    LOG.info("watches: {} watchers catch up from the store", left.size());
    for (Watcher watcher : left) {
      live.remove(watcher);
      watcher.advance(dispatched + 1);
      fallBehind(watcher);
    }
    dispatched = droppedRevision;
    recent.clear(droppedRevision);
  }

  /**
   * Brings the watcher that has waited longest a page further, and with it all others to whom the
   * page has something to tell.
   */
  private void catchUp() {
    behind.removeIf(this::needsNoPage);
    if (behind.isEmpty()) {
      return;
    }
    long from = behind.iterator().next().next();
    List<Watcher> readers = new ArrayList<>();
    WatcherIndex index = new WatcherIndex();
    for (Watcher watcher : behind) {
      // A page does not reach further, since each revision has an event.
      if (watcher.next() >= from && watcher.next() - from < pageEvents) {
        readers.add(watcher);
        index.add(watcher);
      }
    }
    readers.forEach(behind::remove);
    EventPage page = page(index, from);
    if (page.compactedRevision() > from) {
      readers.forEach(watcher -> endIfCompacted(watcher, page.compactedRevision()));
      return;
    }
    var unused = gather(index, page.events());
    readers.forEach(watcher -> deliverPage(watcher, page.next()));
  }

  private EventPage page(WatcherIndex index, long from) {
    // What the compacted revision replaced is not to be told any more.
    if (recent.has(from) && from > store.compactedRevision()) {
      return recent.page(index::watches, from, dispatched, pageEvents, PAGE_BYTES);
    }
    pages++;
    return store.events(index::watches, from, pageEvents, PAGE_BYTES);
  }

  /** Whether a watcher is behind no more, or cannot be told anything now. */
  private boolean needsNoPage(Watcher watcher) {
    if (watcher.next() > dispatched) {
      goLive(watcher);
      return true;
    }
    // One that becomes ready now says so, and is behind again.
    if (!watcher.receiver().isReady()) {
      watcher.become(Watcher.State.BLOCKED);
      return true;
    }
    return false;
  }

  private void endIfCompacted(Watcher watcher, long compactedRevision) {
    if (watcher.next() < compactedRevision) {
      remove(watcher);
      watcher.receiver().compacted(watcher, compactedRevision);
    } else {
      behind.add(watcher);
    }
  }

  /** Gives a watcher what a page had for it. */
  private void deliverPage(Watcher watcher, long pageEnd) {
    List<KeyEvent> events = watcher.takeGathered();
    if (!events.isEmpty() && !watcher.receiver().isReady()) {
      block(watcher);
      return;
    }
    watcher.advance(pageEnd);
    if (!events.isEmpty()) {
      this.events += events.size();
      watcher.deliver(pageEnd - 1, events);
    }
    if (watcher.state() == Watcher.State.ENDED) {
      return;
    }
    // At once: by the next turn something may have been dispatched that this page told already.
    if (watcher.next() > dispatched) {
      goLive(watcher);
    } else {
      behind.add(watcher);
    }
  }

  private void goLive(Watcher watcher) {
    watcher.become(Watcher.State.LIVE);
    live.add(watcher);
    answerProgress(watcher.receiver());
  }

  private void end(Watcher watcher) {
    switch (watcher.state()) {
      case LIVE -> live.remove(watcher);
      case BEHIND -> behind.remove(watcher);
      case BLOCKED, ENDED -> {}
    }
    if (watcher.state() != Watcher.State.ENDED) {
      count--;
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
