package dev.jangada.server.watch;

import dev.jangada.kv.KeyEvent;
import java.util.List;

/** Where the events of some {@link Watcher}s go. Called by the hub's thread only. */
public interface WatchReceiver {

  /**
   * Whether more can be taken without it piling up. Whoever answers no tells the hub by {@link
   * WatchHub#resume} when that changes; nothing is lost meanwhile.
   */
  boolean isReady();

  /**
   * Takes events.
   *
   * @param revision everything up to it has been delivered after these
   * @param events whole revisions, in order, at least one event
   */
  void deliver(Watcher watcher, long revision, List<KeyEvent> events);

  /** Says that nothing happened up to a revision, to a watcher that asked to be told. */
  void deliverProgress(Watcher watcher, long revision);

  /**
   * Ends a watcher whose next revision has been compacted.
   *
   * @param compactedRevision the first revision from which it could watch again
   */
  void compacted(Watcher watcher, long compactedRevision);

  /** Who may read what has changed: there may be watchers to be ended. */
  default void accessChanged() {}

  /** Ends all watchers, because the hub is closed or has failed. */
  void stopped();
}
