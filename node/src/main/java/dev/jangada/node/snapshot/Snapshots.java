package dev.jangada.node.snapshot;

import dev.jangada.raft.EntryId;

/** The port between a {@link dev.jangada.node.driver.RaftDriver} and whoever works at snapshots. */
@FunctionalInterface
public interface Snapshots {

  /** For a driver without snapshots. */
  Snapshots NONE =
      task -> {
        throw new IllegalStateException(task + ", but there are no snapshots");
      };

  /**
   * Takes a task and returns at once. When it is done, {@link
   * dev.jangada.node.driver.RaftDriver#snapshotEvent} is called on the driver's own thread: later,
   * never from within this method. {@link SnapshotTask.OfMachine Tasks of the machine} are done
   * after the batches that were handed out before, and told in order with what is told of them;
   * {@link SnapshotTask.OfStore tasks of the store} in their own order. {@link SnapshotKeeper} does
   * both.
   */
  void begin(SnapshotTask task);

  /**
   * For logs only: a snapshot begins to be sent to another node.
   *
   * @param size in bytes
   */
  default void sending(long peer, EntryId last, long size) {}

  /** For logs only: another node has the whole snapshot, or sending it was given up. */
  default void sent(long peer, EntryId last, boolean complete) {}
}
