package dev.jangada.raft;

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
 * <p>{@link #apply} is called by one thread at a time. Reads of the state by other threads are the
 * implementation's own affair.
 */
public interface StateMachine extends AutoCloseable {

  /**
   * Index of the last entry whose effects this machine has kept; 0 for an empty one. Called once,
   * before the first {@link #apply}: a restarted node goes on with the entry after it. A machine
   * that keeps its state in memory only returns 0 and sees the log again from the start. A durable
   * one must commit the index together with the data.
   */
  long appliedIndex();

  /**
   * Applies committed entries.
   *
   * @param entries contiguous, at least one, the first one past the last applied; {@link
   *     EntryType#NOOP} entries are included and count as applied
   * @return one result for each entry, in order, given to whoever submitted it on this node;
   *     ignored elsewhere and for no-ops
   * @throws RuntimeException if the machine cannot go on, which stops the node: a command that is
   *     merely refused (a bad request, say) is a result, not an exception
   */
  List<byte[]> apply(List<Entry> entries);

  /** Releases what the machine holds, after the last {@link #apply}. */
  @Override
  default void close() {}
}
