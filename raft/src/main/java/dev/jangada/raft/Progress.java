package dev.jangada.raft;

/**
 * What a leader knows of one follower. {@link #match} is true for good within a term; {@link #next}
 * is a guess that refusals correct.
 */
final class Progress {

  /** How entries are sent. */
  sealed interface Mode permits Probe, Replicate {}

  /** The follower's log is not known to match: one append at a time until it does. */
  static final class Probe implements Mode {
    /** Whether an append was sent whose answer is awaited; a heartbeat tries again. */
    boolean outstanding;
  }

  /** The follower's log matches: appends are sent without waiting, as far as the window allows. */
  static final class Replicate implements Mode {
    final InflightWindow window;

    Replicate(InflightWindow window) {
      this.window = window;
    }
  }

  final long id;
  private final int maxInflightAppends;
  private final long maxInflightBytes;

  /** Index up to which the follower's durable log equals the leader's. */
  long match;

  /** Index of the next entry to send. */
  long next;

  Mode mode = new Probe();

  /** Whether the follower was heard since the last check of the quorum. */
  boolean recentlyActive;

  /** The latest read round that the follower confirmed. */
  long confirmedRound;

  /** The latest read round that the follower was asked to confirm. */
  long sentRound;

  /** The commit index that the follower was last told. */
  long sentCommit;

  /** Whether something has to be sent even if there is nothing new. */
  boolean heartbeatDue = true;

  Progress(long id, long next, RaftConfig config) {
    this.id = id;
    this.next = next;
    this.maxInflightAppends = config.maxInflightAppends();
    this.maxInflightBytes = config.maxInflightBytes();
  }

  /** Goes on from what is known to match. */
  void becomeReplicate() {
    mode = new Replicate(new InflightWindow(maxInflightAppends, maxInflightBytes));
  }

  /** Falls back to finding out where the logs match, from this guess. */
  void becomeProbe(long guess) {
    next = Math.max(match + 1, guess);
    mode = new Probe();
  }
}
