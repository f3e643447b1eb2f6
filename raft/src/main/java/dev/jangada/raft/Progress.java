package dev.jangada.raft;

import org.jspecify.annotations.Nullable;

/**
 * What a leader knows of one follower. {@link #match} is true for good within a term; {@link #next}
 * is a guess that refusals correct.
 */
final class Progress {

  /**
   * For how many election timeouts a follower that has received a snapshot is given time to install
   * it, before it is asked for again.
   */
  static final int INSTALLATION_TIMEOUTS = 10;

  /** How entries are sent. */
  sealed interface Mode permits Probe, Replicate, Snapshot {}

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

  /**
   * The log no longer has the entry that the follower needs next: it gets nothing but signs of life
   * until it says that it is further, be it by a snapshot or otherwise.
   */
  static final class Snapshot implements Mode {
    /** Whether a snapshot was asked for, of which it has not been told how it went. */
    boolean underWay;

    /** Ticks to go by before a snapshot is asked for. */
    int pauseTicks;
  }

  private RaftStatus.@Nullable FollowerStatus toldStatus;

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

  private final int electionTimeoutTicks;

  /** Ticks since the follower was heard last, no further than an election timeout. */
  private int silence;

  /**
   * The leader's last entry when this round began. When the follower has it, the next round begins
   * (dissertation, section 4.2.1).
   */
  private long roundTarget;

  private int roundTicks;
  private boolean lastRoundWasShort;

  Progress(long id, long next, RaftConfig config) {
    this.id = id;
    this.next = next;
    this.electionTimeoutTicks = config.electionTimeoutTicks();
    this.silence = electionTimeoutTicks;
    this.roundTarget = next;
    this.maxInflightAppends = config.maxInflightAppends();
    this.maxInflightBytes = config.maxInflightBytes();
  }

  /** Goes on from what is known to match. */
  void becomeReplicate() {
    mode = new Replicate(new InflightWindow(maxInflightAppends, maxInflightBytes));
  }

  /** Falls back to finding out where the logs match, from this guess. */
  void becomeProbe(long guess, EntryId base) {
    next = Math.max(match + 1, guess);
    mode = new Probe();
    logCutOff(base);
  }

  /** Notes where the leader's log begins, which may be after the entry that comes next. */
  void logCutOff(EntryId base) {
    if (next <= base.index() && !(mode instanceof Snapshot)) {
      mode = new Snapshot();
    }
  }

  /** Notes a sign of life. */
  void heard() {
    recentlyActive = true;
    silence = 0;
  }

  /** Whether the follower was heard within the last election timeout. */
  boolean isReachable() {
    return silence < electionTimeoutTicks;
  }

  /**
   * Notes how far the leader's log goes now that the follower has said how far its own does. What
   * the leader had at the beginning of a round the follower must have at its end: if that takes
   * less than an election timeout, the follower would not hold up a cluster in which it votes.
   */
  void measureRound(long lastIndex) {
    if (match >= roundTarget) {
      lastRoundWasShort = roundTicks < electionTimeoutTicks;
      roundTarget = lastIndex;
      roundTicks = 0;
    }
  }

  /** Whether the follower has what the leader had less than about an election timeout ago. */
  boolean isCaughtUp() {
    return lastRoundWasShort && roundTicks < electionTimeoutTicks && isReachable();
  }

  /** Notes that the follower's durable log equals the leader's up to here. */
  void accepted(long index, EntryId base) {
    if (index > match) {
      match = index;
      next = Math.max(next, index + 1);
    }
    switch (mode) {
      case Probe probe -> becomeReplicate();
      case Replicate replicate -> replicate.window.freeUpTo(match);
      case Snapshot snapshot -> {
        if (next > base.index()) {
          becomeReplicate();
        }
      }
    }
  }

  /** Whether a refusal at this index speaks of an append that has been superseded since. */
  boolean isSuperseded(long previousIndex) {
    return switch (mode) {
      case Probe probe -> previousIndex != next - 1;
      case Replicate replicate -> previousIndex >= next;
      case Snapshot snapshot -> true;
    };
  }

  /** Whether a snapshot is to be asked for: not for a follower that is not there to receive it. */
  boolean wantsSnapshot() {
    return mode instanceof Snapshot snapshot
        && !snapshot.underWay
        && snapshot.pauseTicks == 0
        && recentlyActive;
  }

  /** Lets a snapshot that was under way be asked for again after some ticks. */
  void snapshotEnded(int ticks) {
    if (mode instanceof Snapshot snapshot && snapshot.underWay) {
      snapshot.underWay = false;
      snapshot.pauseTicks = ticks;
    }
  }

  /** How many ticks it takes until one of them makes a difference. */
  int ticksUntilDue() {
    return mode instanceof Snapshot snapshot && snapshot.pauseTicks > 0
        ? snapshot.pauseTicks
        : Integer.MAX_VALUE;
  }

  void tick() {
    silence = Math.min(silence + 1, electionTimeoutTicks);
    roundTicks = Math.min(roundTicks + 1, electionTimeoutTicks);
    if (mode instanceof Snapshot snapshot && snapshot.pauseTicks > 0) {
      snapshot.pauseTicks--;
    }
  }

  /** As seen from outside; the same object for as long as nothing changes. */
  RaftStatus.FollowerStatus status() {
    InflightWindow window = mode instanceof Replicate replicate ? replicate.window : null;
    boolean probing = mode instanceof Probe;
    boolean needsSnapshot = mode instanceof Snapshot;
    int inflightAppends = window == null ? 0 : window.count();
    long inflightBytes = window == null ? 0 : window.bytes();
    boolean reachable = isReachable();
    boolean caughtUp = isCaughtUp();
    RaftStatus.FollowerStatus told = toldStatus;
    if (told != null
        && told.match() == match
        && told.next() == next
        && told.probing() == probing
        && told.needsSnapshot() == needsSnapshot
        && told.inflightAppends() == inflightAppends
        && told.inflightBytes() == inflightBytes
        && told.recentlyActive() == recentlyActive
        && told.reachable() == reachable
        && told.caughtUp() == caughtUp) {
      return told;
    }
    RaftStatus.FollowerStatus status =
        new RaftStatus.FollowerStatus(
            id,
            match,
            next,
            probing,
            needsSnapshot,
            inflightAppends,
            inflightBytes,
            recentlyActive,
            reachable,
            caughtUp);
    toldStatus = status;
    return status;
  }
}
