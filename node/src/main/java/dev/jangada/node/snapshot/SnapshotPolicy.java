package dev.jangada.node.snapshot;

/**
 * When a driver has snapshots saved, how much of the log it keeps behind them, and how it sends
 * them.
 *
 * @param snapshotEntries after so many entries that a crash would take from the state machine, its
 *     state is saved as a snapshot; 0 never
 * @param retainedEntries so many applied entries stay in the log, though they could be cut off, so
 *     that a node that was away for a moment needs no snapshot. A follower that is being served may
 *     hold back ten times as many
 * @param chunkBytes size of the pieces in which a snapshot is sent
 * @param windowChunks how many of them may be on their way at a time
 */
public record SnapshotPolicy(
    long snapshotEntries, long retainedEntries, int chunkBytes, int windowChunks) {

  /** The usual size of a piece, 256 KiB. */
  public static final int DEFAULT_CHUNK_BYTES = 256 << 10;

  /** The usual number of pieces on their way. */
  public static final int DEFAULT_WINDOW_CHUNKS = 4;

  /** For a state machine without snapshots: none is taken or sent, and the log is never cut. */
  public static final SnapshotPolicy NONE = new SnapshotPolicy(0, Long.MAX_VALUE, 1, 1);

  public SnapshotPolicy {
    if (snapshotEntries < 0 || retainedEntries < 0 || chunkBytes < 1 || windowChunks < 1) {
      throw new IllegalArgumentException(
          "no snapshots can be made every "
              + snapshotEntries
              + " entries, "
              + retainedEntries
              + " of them retained, and sent in "
              + windowChunks
              + " pieces of "
              + chunkBytes
              + " bytes at a time");
    }
  }

  /** A policy with the usual pieces. */
  public static SnapshotPolicy every(long snapshotEntries, long retainedEntries) {
    return new SnapshotPolicy(
        snapshotEntries, retainedEntries, DEFAULT_CHUNK_BYTES, DEFAULT_WINDOW_CHUNKS);
  }

  /** Whether there are snapshots at all. */
  public boolean isOn() {
    return retainedEntries != Long.MAX_VALUE;
  }
}
