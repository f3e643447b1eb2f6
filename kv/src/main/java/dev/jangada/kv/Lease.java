package dev.jangada.kv;

import dev.jangada.kv.command.AdvanceLeaseClockRequest;

/**
 * A lease as it is stored.
 *
 * @param id not 0
 * @param ttlSeconds how long it lasts without being kept alive; 0 if it is over, and only has keys
 *     that have yet to go
 * @param deadlineMillis it ends when the lease clock reaches this
 */
record Lease(long id, long ttlSeconds, long deadlineMillis) {

  /**
   * Added to the time to live. An advance of the clock tells of time that has passed since the one
   * before, so the first one after a lease was granted or kept alive may tell of up to this much
   * from before that. With it no lease ends early.
   */
  static final long SLACK_MILLIS = AdvanceLeaseClockRequest.MAX_MILLIS;

  private static final long MILLIS_PER_SECOND = 1_000;

  /** The lease as it is when it is granted, or kept alive. */
  static Lease startingAt(long clockMillis, long id, long ttlSeconds) {
    return new Lease(id, ttlSeconds, clockMillis + ttlSeconds * MILLIS_PER_SECOND + SLACK_MILLIS);
  }

  /** The lease when it is over and some of its keys are left, for which there is no way back. */
  Lease overAt(long millis) {
    return new Lease(id, 0, millis);
  }

  /** Whether it is over: nobody is to see it any more. */
  boolean isOver() {
    return ttlSeconds == 0;
  }

  /** How long it lasts, in whole seconds, if it is not kept alive; 0 in its slack. */
  long remainingSeconds(long clockMillis) {
    return Math.max(0, (deadlineMillis - SLACK_MILLIS - clockMillis) / MILLIS_PER_SECOND);
  }
}
