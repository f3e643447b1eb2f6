package dev.jangada.node.snapshot;

import dev.jangada.raft.Invariant;
import dev.jangada.raft.RaftStatus;

/**
 * Decides when the state of a machine is to be saved, and up to where the log may be cut: behind
 * what a crash cannot take away, and behind what the others can be expected to need soon. Cutting
 * too early makes a follower that is only slow need a snapshot, and while that travels the next
 * one.
 */
final class LogCompaction {

  /** A follower that is being served holds back so many times the entries that are retained. */
  private static final int PATIENCE = 10;

  /** The log is cut when there is at least this part of the retained entries to cut off. */
  private static final int STEP_DIVISOR = 8;

  private final SnapshotPolicy policy;
  private final long step;

  /** Index up to which a crash cannot take away what was applied. */
  private long safe;

  private long applied;

  /** Index up to which the log has been cut. */
  private long cut;

  /** What was applied when the log was last looked at; -1 if it has to be looked at again. */
  private long examinedAt = -1;

  /** Whether more would have been cut then, had nobody needed it. */
  private boolean heldBack;

  /**
   * Creates the policy's state for a node that starts.
   *
   * @param base index up to which the log has been cut
   * @param applied what the machine has applied: it came back from disk, and so it is safe
   */
  LogCompaction(SnapshotPolicy policy, long base, long applied) {
    this.policy = policy;
    this.step = Math.max(1, policy.retainedEntries() / STEP_DIVISOR);
    this.cut = base;
    this.applied = applied;
    this.safe = applied;
  }

  /** Time has passed, and whoever needed the log may have it, or have been given up. */
  void tick() {
    if (heldBack) {
      examinedAt = -1;
    }
  }

  void applied(long index) {
    applied = Math.max(applied, index);
  }

  /** A crash does not take away what was applied up to an index. */
  void safeUpTo(long index) {
    if (index > safe) {
      safe = index;
      examinedAt = -1;
    }
  }

  /** Index up to which the machine has applied entries. */
  long applied() {
    return applied;
  }

  /** Index up to which the log has been cut. */
  long cut() {
    return cut;
  }

  /** The log begins after an index now. */
  void cutAt(long index) {
    cut = Math.max(cut, index);
  }

  /** Whether it is time to save the state. */
  boolean wantsSnapshot() {
    return policy.snapshotEntries() > 0 && applied - safe >= policy.snapshotEntries();
  }

  /** Whether it is worth while to ask {@link #cutUpTo}. */
  boolean mayCut() {
    return policy.isOn() && applied != examinedAt && upTo() - cut >= step;
  }

  private long upTo() {
    return Math.min(safe, applied - policy.retainedEntries());
  }

  /**
   * Up to which index the log is to be cut now.
   *
   * @param status the node's state; what it knows of followers counts
   * @param needed the log after this index is needed for sure
   * @return 0 if it is not to be cut
   */
  long cutUpTo(RaftStatus status, long needed) {
    examinedAt = applied;
    long upTo = Math.min(upTo(), needed);
    long furthestHold =
        policy.retainedEntries() > Long.MAX_VALUE / PATIENCE
            ? 0
            : applied - PATIENCE * policy.retainedEntries();
    for (RaftStatus.FollowerStatus follower : status.followers()) {
      // Not whether it was heard since the last check of the quorum: just after one, nobody was.
      if (follower.reachable() && follower.match() >= cut) {
        upTo = Math.min(upTo, Math.max(follower.match(), furthestHold));
      }
    }
    Invariant.check(
        upTo <= safe && upTo <= applied,
        "the log is to be cut at %s, but only %s is safe",
        upTo,
        safe);
    heldBack = upTo < upTo();
    return upTo - cut >= step ? upTo : 0;
  }
}
