package dev.jangada.raft;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * What the log is for: a deterministic machine that every node feeds the same commands in the same
 * order.
 *
 * <p>Deterministic means that the state after an entry depends on the entries up to it and on
 * nothing else: no clock, no randomness, no iteration order of hash tables, no locale, no
 * configuration that may differ between nodes. Two nodes that applied the same index have the same
 * state.
 *
 * <p>{@link #apply}, {@link #flush}, {@link #snapshot} and {@link #restore} are called by one
 * thread at a time. Reads of the state by other threads are the implementation's own affair.
 *
 * <p>A machine that {@linkplain #supportsSnapshots() supports snapshots} spares its nodes a log
 * that grows without end. There are two kinds. A durable one keeps its state itself, and the log is
 * cut up to its {@link #durableIndex()}; a snapshot of it is made when another node needs one. One
 * that keeps its state in memory only is saved as a snapshot now and then, behind which the log is
 * cut, and is restored from that when the node starts.
 */
public interface StateMachine extends AutoCloseable {

  /**
   * Index of the last entry whose effects this machine has kept; 0 for an empty one. Called once,
   * before the first {@link #apply}: a restarted node goes on with the entry after it. A machine
   * that keeps its state in memory only returns 0: it is restored from its node's last snapshot, if
   * there is one, and sees the log again from there, or from the start. A durable one must commit
   * the index together with the data.
   */
  long appliedIndex();

  /**
   * Applies committed entries.
   *
   * @param entries contiguous, at least one, the first one past the last applied; those that are no
   *     {@link EntryType#COMMAND} are included, count as applied and have no effect
   * @return one result for each entry, in order, given to whoever submitted it on this node;
   *     ignored elsewhere and for what is no command
   * @throws RuntimeException if the machine cannot go on, which stops the node: a command that is
   *     merely refused (a bad request, say) is a result, not an exception
   */
  List<byte[]> apply(List<Entry> entries);

  /**
   * Index up to which the effects would still be there after a loss of power now; the log may be
   * cut up to there. Never goes back. Asked for by the thread that applies, perhaps after each
   * {@link #apply}, so it must be cheap. 0, as by default, for a machine that keeps its state in
   * memory only.
   */
  default long durableIndex() {
    return 0;
  }

  /**
   * Makes what was applied so far durable, so that {@link #durableIndex} is the index of the last
   * entry applied, at least. Waits for the disk. Does nothing, as by default, for a machine that
   * keeps its state in memory only.
   */
  default void flush() {}

  /** Whether {@link #snapshot} and {@link #restore} work; by default they do not. */
  default boolean supportsSnapshots() {
    return false;
  }

  /**
   * A consistent picture of the state after the last applied entry. Nothing is applied until this
   * returns: it should only hold on to the state (copy on write, hard links) and leave the work to
   * {@link Snapshot#open}.
   *
   * @return to be closed by the caller
   * @throws UnsupportedOperationException if the machine does not support snapshots
   */
  default Snapshot snapshot() {
    throw new UnsupportedOperationException(getClass().getName() + " does not support snapshots");
  }

  /**
   * Replaces the whole state by that of a snapshot, perhaps made by another node's machine. All or
   * nothing, even if the process dies. Afterwards the machine has applied everything up to {@code
   * index} and nothing else, durably if it is durable.
   *
   * @param index of the last entry that the snapshot covers, beyond what this machine has applied
   * @param in all that {@link Snapshot#open} gave, and then its end; closed by the caller
   * @throws IOException if the snapshot cannot be read or the state not be written
   * @throws UnsupportedOperationException if the machine does not support snapshots
   */
  default void restore(long index, InputStream in) throws IOException {
    throw new UnsupportedOperationException(getClass().getName() + " does not support snapshots");
  }

  /** Releases what the machine holds, after the last call of any other method. */
  @Override
  default void close() {}

  /** The state after one entry, whatever is applied later. For any thread. */
  interface Snapshot extends AutoCloseable {

    /** Index of the last entry that it covers. */
    long index();

    /** Its size in bytes. */
    long size();

    /**
     * Reads it from the start: the same {@link #size()} bytes each time. The caller closes the
     * stream before it closes the snapshot. May be called more than once.
     */
    InputStream open() throws IOException;

    /** Lets go of the state. */
    @Override
    void close();
  }
}
