package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;

/**
 * What a leader has under way stays within the limits it was given, and so does what waits inside
 * each node: requests of clients, writes to the disk, entries for the state machine, and work at
 * snapshots. Nothing piles up, however long something else hangs.
 */
final class BoundedQueues implements Property {

  /** Requests of others than clients: the leadership transfers of the last second. */
  private static final int OTHER_REQUESTS = 100;

  /** Snapshots that a node may be looking after, and tasks for each beside its pieces. */
  private static final int SNAPSHOT_TASKS = 20;

  private final RaftConfig config;
  private final int maxRequests;
  private final int maxSnapshotTasks;

  /** Weight of the largest entry so far: one may be under way beyond any limit. */
  private long largestEntry;

  /**
   * Creates the property.
   *
   * @param config the limits of all nodes
   * @param clients how many there are, each with one request under way at a time
   * @param windowChunks how many pieces of a snapshot may be on their way to a node
   */
  BoundedQueues(RaftConfig config, int clients, int windowChunks) {
    this.config = config;
    this.maxRequests = clients + OTHER_REQUESTS;
    this.maxSnapshotTasks = SNAPSHOT_TASKS + 2 * windowChunks;
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    // One entry may always be under way, however large it is.
    if (status.uncommittedBytes() > config.maxUncommittedBytes() + config.maxEntryBytes()) {
      require(
          false,
          "n%d has %d uncommitted bytes, and %d are allowed",
          node.number(),
          status.uncommittedBytes(),
          config.maxUncommittedBytes());
    }
    SimulatedProcess.Load load = node.load();
    if (load != null) {
      check(node, load);
    }
    for (RaftStatus.FollowerStatus follower : status.followers()) {
      if (follower.inflightAppends() > config.maxInflightAppends()
          || follower.inflightBytes() > config.maxInflightBytes() + config.maxEntryBytes()) {
        require(
            false,
            "n%d has too much on its way, beyond %d appends or %d bytes: %s",
            node.number(),
            config.maxInflightAppends(),
            config.maxInflightBytes(),
            follower);
      }
    }
  }

  @Override
  public void writing(ObservedNode node, LogWriter.Write write) {
    for (Entry entry : write.entries()) {
      largestEntry = Math.max(largestEntry, entry.weight());
    }
  }

  private void check(ObservedNode node, SimulatedProcess.Load load) {
    // What it took as a leader, and what it was sent by the one before it and the one after it.
    long maxUnwrittenBytes =
        config.maxUncommittedBytes() + 2 * config.maxInflightBytes() + 3 * largestEntry;
    long maxUnappliedBytes = config.maxUnappliedBytes() + config.maxApplyBytes() + largestEntry;
    if (load.requests() > maxRequests
        || load.unwrittenBytes() > maxUnwrittenBytes
        || load.unappliedBytes() > maxUnappliedBytes
        || load.snapshotTasks() > maxSnapshotTasks) {
      require(
          false,
          "in n%d too much is waiting: %s, beyond %d requests, %d bytes to be written, %d bytes to"
              + " be applied or %d tasks at snapshots",
          node.number(),
          load,
          maxRequests,
          maxUnwrittenBytes,
          maxUnappliedBytes,
          maxSnapshotTasks);
    }
  }
}
