package dev.jangada.server.watch;

import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.command.KeyRange;
import java.util.ArrayList;
import java.util.List;

/** One wish to be told of changes. Its state belongs to the hub's thread. */
public final class Watcher {

  /** Where a watcher is on its way to the present. */
  enum State {
    /** Told of each change when it happens. */
    LIVE,
    /** Reads what it missed from the store, a page at a time. */
    BEHIND,
    /** As behind, and its receiver takes no more for now. */
    BLOCKED,
    /** Gets nothing any more. */
    ENDED
  }

  private final long id;
  private final KeyRange keys;
  private final boolean puts;
  private final boolean deletes;
  private final boolean progress;
  private final WatchReceiver receiver;

  /** The first revision that has not been delivered. */
  private long next;

  private State state = State.BEHIND;

  /** What the batch at hand has for this watcher. */
  private List<KeyEvent> gathered = new ArrayList<>();

  private boolean toldSinceProgress;

  /**
   * Wishes to be told.
   *
   * @param id the receiver's name for it
   * @param keys which keys
   * @param start the first revision of interest
   * @param puts whether to be told of puts
   * @param deletes whether to be told of deletions
   * @param progress whether to be told now and then that nothing has happened
   * @param receiver where the events go
   */
  public Watcher(
      long id,
      KeyRange keys,
      long start,
      boolean puts,
      boolean deletes,
      boolean progress,
      WatchReceiver receiver) {
    this.id = id;
    this.keys = keys;
    this.next = start;
    this.puts = puts;
    this.deletes = deletes;
    this.progress = progress;
    this.receiver = receiver;
  }

  /** The receiver's name for it. */
  public long id() {
    return id;
  }

  KeyRange keys() {
    return keys;
  }

  WatchReceiver receiver() {
    return receiver;
  }

  boolean wantsProgress() {
    return progress;
  }

  long next() {
    return next;
  }

  void advance(long toNext) {
    next = Math.max(next, toNext);
  }

  State state() {
    return state;
  }

  void become(State newState) {
    state = newState;
  }

  boolean wants(KeyEvent event) {
    return event.revision() >= next && (event.delete() ? deletes : puts);
  }

  /** Notes an event of the batch at hand; whether it is the first one. */
  boolean gather(KeyEvent event) {
    gathered.add(event);
    return gathered.size() == 1;
  }

  List<KeyEvent> takeGathered() {
    if (gathered.isEmpty()) {
      return List.of();
    }
    List<KeyEvent> taken = gathered;
    gathered = new ArrayList<>();
    return taken;
  }

  void deliver(long revision, List<KeyEvent> events) {
    toldSinceProgress = true;
    receiver.deliver(this, revision, events);
  }

  /** Whether nothing was delivered since this was last asked. */
  boolean wasQuiet() {
    boolean quiet = !toldSinceProgress;
    toldSinceProgress = false;
    return quiet;
  }
}
