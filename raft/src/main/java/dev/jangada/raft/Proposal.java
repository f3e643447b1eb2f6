package dev.jangada.raft;

import java.util.Arrays;

/**
 * A command on its way into the log.
 *
 * @param proposer id of the node whose client proposed it, not 0
 * @param sequence number of the proposal, never used twice by its proposer, not even after a
 *     restart
 * @param data the command; not modified any more once proposed
 */
public record Proposal(long proposer, long sequence, byte[] data) {

  /** What this proposal counts where a limit is in bytes: the same as the entry it becomes. */
  public long weight() {
    return Entry.OVERHEAD_BYTES + (long) data.length;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Proposal other
        && proposer == other.proposer
        && sequence == other.sequence
        && Arrays.equals(data, other.data);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(proposer) * 31 + Long.hashCode(sequence);
  }

  @Override
  public String toString() {
    return "#" + sequence + " " + data.length + " B";
  }
}
