package dev.jangada.kv;

import dev.jangada.kv.store.StoreException;
import dev.jangada.raft.Invariant;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The numbers that describe a state of the store, written with every batch.
 *
 * <pre>
 * state = format (1 byte, 2), applied index, revision, compacted revision, removed revision,
 *         lease clock, leases ended before, number of leases (8 bytes each)
 * </pre>
 *
 * <p>Format 1 ended after the removed revision: there were no leases.
 *
 * @param appliedIndex index of the last entry whose effects are in the store
 * @param revision the current revision; 1 in an empty store
 * @param compactedRevision the revision below which there is nothing to be read; 0 if never
 *     compacted
 * @param removedRevision up to this revision, what compaction gave up has been removed. Behind the
 *     compacted revision while there is some left, by how much may differ between nodes
 * @param leases about leases
 */
record StoreState(
    long appliedIndex,
    long revision,
    long compactedRevision,
    long removedRevision,
    LeaseState leases) {

  private static final byte FORMAT = 2;
  private static final int BYTES = 1 + 7 * Long.BYTES;

  private static final byte FORMAT_WITHOUT_LEASES = 1;
  private static final int BYTES_WITHOUT_LEASES = 1 + 4 * Long.BYTES;

  private static final StoreState EMPTY = new StoreState(0, 1, 0, 0, LeaseState.EMPTY);

  StoreState {
    Invariant.check(
        appliedIndex >= 0
            && 0 <= removedRevision
            && removedRevision <= compactedRevision
            && compactedRevision <= revision
            && revision >= 1,
        "removed %d ≤ compacted %d ≤ current revision %d, at applied index %d",
        removedRevision,
        compactedRevision,
        revision,
        appliedIndex);
  }

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .put(FORMAT)
        .putLong(appliedIndex)
        .putLong(revision)
        .putLong(compactedRevision)
        .putLong(removedRevision)
        .putLong(leases.clockMillis())
        .putLong(leases.endedMillis())
        .putLong(leases.count())
        .array();
  }

  /** The state that was written; that of an empty store if none was. */
  static StoreState decode(byte @Nullable [] bytes) {
    if (bytes == null) {
      return EMPTY;
    }
    boolean hasLeases = isFormat(bytes, FORMAT, BYTES);
    if (!hasLeases && !isFormat(bytes, FORMAT_WITHOUT_LEASES, BYTES_WITHOUT_LEASES)) {
      throw new StoreException(
          "the store has a state of "
              + bytes.length
              + " bytes in format "
              + (bytes.length == 0 ? "none" : bytes[0])
              + ", this version reads formats "
              + FORMAT_WITHOUT_LEASES
              + " to "
              + FORMAT
              + ": it was written by another version, or is damaged",
          null);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    return new StoreState(
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        hasLeases ? new LeaseState(in.getLong(), in.getLong(), in.getLong()) : LeaseState.EMPTY);
  }

  private static boolean isFormat(byte[] bytes, byte format, int length) {
    return bytes.length == length && bytes[0] == format;
  }
}
