package dev.jangada.kv;

import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Measures the time that passes for leases, on every member, and says when the leader is to tell
 * the log of it. Beside the state machine, no part of it: whoever runs a member looks at the clock.
 *
 * <p>What makes sure that no time is counted twice, also across leaders: an advance of the clock is
 * measured before its entry is appended, and a new leader has all entries of the leaders before it.
 * So it measures from when it saw the last of them applied, and begins only when it has applied
 * everything that it found in its log. Time without a leader thus counts, up to what one advance
 * may tell; what the old leader had measured and could not commit is measured again.
 *
 * <p>Time is an argument, in nanoseconds of a monotonic clock. For one thread.
 */
public final class LeaseStopwatch {

  /** How much time the leader lets come together before it tells of it. */
  public static final long INTERVAL_MILLIS = 500;

  private static final long NANOS_PER_MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LEASES_RESERVE_NANOS = Lease.SLACK_MILLIS * NANOS_PER_MILLI;

  /** Up to here time has been counted, or is not to be counted. */
  private long measuredTo;

  /** The lease clock as it was seen last. */
  private long clockMillis;

  /** The advance that has been proposed last and of which nothing more is known. */
  private @Nullable UnderWay underWay;

  /** The term in which this member was last seen to lead. */
  private long leadingTerm;

  /** What this member found in its log when it was first seen to lead that term. */
  private long inheritedIndex;

  /**
   * An advance of the clock that has been put into the log.
   *
   * @param index where it is
   * @param term the entry's
   * @param measuredTo up to where it counts the time
   */
  private record UnderWay(long index, long term, long measuredTo) {}

  /**
   * What this member knows of the log.
   *
   * @param term its current term
   * @param leads whether it leads
   * @param last index of the last entry of its log
   * @param applied index of the last entry applied; the clock is at least as new
   */
  public record LogPosition(long term, boolean leads, long last, long applied) {}

  /** Begins to measure. */
  public LeaseStopwatch(long nowNanos) {
    measuredTo = nowNanos;
  }

  /**
   * Looks at what has been applied since the last time. To be called often, whether or not this
   * member leads: what it finds applied it takes for applied just now.
   *
   * @return what is to be proposed now, and then {@linkplain #proposed told}; null for nothing
   */
  public @Nullable AdvanceLeaseClockRequest look(long nowNanos, LogPosition log, LeaseClock clock) {
    UnderWay mine = underWay;
    if (mine != null && mine.term() == log.term()) {
      if (log.applied() < mine.index()) {
        return null;
      }
      measuredTo = mine.measuredTo();
    } else if (mine != null || clock.millis() != clockMillis || clock.leases() == 0) {
      // Somebody else's advance, or one of which nobody can tell whether it was this member's.
      measuredTo = nowNanos;
    }
    underWay = null;
    clockMillis = clock.millis();
    if (!log.leads() || clock.leases() == 0 || !hasInherited(log)) {
      return null;
    }
    long millis = (nowNanos - measuredTo) / NANOS_PER_MILLI;
    return millis < INTERVAL_MILLIS
        ? null
        : new AdvanceLeaseClockRequest(
            Math.min(millis, AdvanceLeaseClockRequest.MAX_MILLIS), log.term());
  }

  /** Whether this member has applied what leaders before it may have put into its log. */
  private boolean hasInherited(LogPosition log) {
    if (log.term() != leadingTerm) {
      leadingTerm = log.term();
      inheritedIndex = log.last();
    }
    return log.applied() >= inheritedIndex;
  }

  /**
   * What was to be proposed is in the log. Not to be called if the log did not take it: then the
   * same time is told of later.
   *
   * @param nowNanos after that
   * @param lookedNanos as it was when it was found to be due
   * @param index of the entry
   * @param term of the entry
   */
  public void proposed(
      long nowNanos, long lookedNanos, AdvanceLeaseClockRequest advance, long index, long term) {
    // In another term it has no effect, so its time is measured again.
    if (term == advance.term()) {
      boolean whole = advance.millis() < AdvanceLeaseClockRequest.MAX_MILLIS;
      long told = advance.millis() * NANOS_PER_MILLI;
      // A lease that was kept alive since the look may stand before this entry in the log, and lose
      // what this tells of. What comes after must not take from it the time since the look as well,
      // beyond what leases have in reserve.
      long earliest = nowNanos - (LEASES_RESERVE_NANOS - told);
      underWay =
          new UnderWay(index, term, Math.max(whole ? measuredTo + told : lookedNanos, earliest));
    }
  }
}
