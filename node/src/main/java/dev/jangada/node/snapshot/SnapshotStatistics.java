package dev.jangada.node.snapshot;

/**
 * What a node has done with snapshots since it was started.
 *
 * @param saved snapshots of the state machine stored on this node's disk
 * @param savedBytes their size
 * @param sent snapshots that another node has received from this one, completely
 * @param sentBytes pieces of snapshots sent, those that did not arrive included
 * @param installed snapshots of another node that have replaced the state of this one
 * @param receivedBytes pieces of snapshots stored
 */
public record SnapshotStatistics(
    long saved, long savedBytes, long sent, long sentBytes, long installed, long receivedBytes) {

  /** Nothing yet. */
  public static final SnapshotStatistics NONE = new SnapshotStatistics(0, 0, 0, 0, 0, 0);
}
