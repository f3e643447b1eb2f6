package dev.jangada.raft;

import java.util.Arrays;

/**
 * One entry of the replicated log.
 *
 * <p>The proposer and sequence identify the proposal that became this entry, wherever it was
 * forwarded from, so that the node whose client is waiting recognises it when it applies it. The
 * core carries both and interprets neither.
 *
 * @param index position in the log, at least 1
 * @param term term in which the leader created the entry, at least 1
 * @param type what the entry holds
 * @param proposer id of the node whose client proposed the command; 0 for entries made by a leader
 *     itself
 * @param sequence number of the proposal, unique among those of its proposer
 * @param data the command or configuration; empty for a {@link EntryType#NOOP}. Never modified once
 *     it is part of an entry: it is shared between the log, the disk, the wire and the state
 *     machine
 */
public record Entry(
    long index, long term, EntryType type, long proposer, long sequence, byte[] data) {

  /**
   * What an entry is taken to weigh beyond its data, in bytes, wherever a limit counts bytes.
   * Generous enough to cover the framing on disk and on the wire and the objects in memory, so that
   * many empty entries cannot slip under a limit.
   */
  public static final int OVERHEAD_BYTES = 64;

  private static final byte[] EMPTY = new byte[0];

  public Entry {
    if (index < 1 || term < 1) {
      throw new IllegalArgumentException("no entry can have index " + index + " and term " + term);
    }
    if (type == EntryType.NOOP && data.length != 0) {
      throw new IllegalArgumentException(
          "a no-op entry has no data, got " + data.length + " bytes");
    }
  }

  /** The entry by which a new leader opens its term. */
  public static Entry noop(long index, long term) {
    return new Entry(index, term, EntryType.NOOP, 0, 0, EMPTY);
  }

  /** An entry that holds a proposed command. */
  public static Entry command(long index, long term, Proposal proposal) {
    return new Entry(
        index, term, EntryType.COMMAND, proposal.proposer(), proposal.sequence(), proposal.data());
  }

  /** An entry that holds a configuration. */
  public static Entry configuration(long index, long term, Membership membership) {
    return new Entry(
        index, term, EntryType.CONFIGURATION, 0, 0, MembershipCodec.encode(membership));
  }

  /**
   * The configuration that this entry holds.
   *
   * @throws InvariantViolation if it is none: what comes from outside is checked when it is decoded
   */
  public Membership membership() {
    Invariant.check(type == EntryType.CONFIGURATION, "entry %s holds no configuration", this);
    try {
      return MembershipCodec.decode(data);
    } catch (MalformedMessageException e) {
      throw new InvariantViolation("entry " + id() + " holds " + e.getMessage());
    }
  }

  /** The identity of this entry. */
  public EntryId id() {
    return new EntryId(index, term);
  }

  /** What this entry counts where a limit is in bytes. */
  public long weight() {
    return OVERHEAD_BYTES + (long) data.length;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Entry other
        && index == other.index
        && term == other.term
        && type == other.type
        && proposer == other.proposer
        && sequence == other.sequence
        && Arrays.equals(data, other.data);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(index) * 31 + Long.hashCode(term);
  }

  @Override
  public String toString() {
    return switch (type) {
      case NOOP -> index + "@" + term + " no-op";
      case COMMAND -> index + "@" + term + " " + data.length + " B";
      case CONFIGURATION -> index + "@" + term + " " + membership();
    };
  }
}
