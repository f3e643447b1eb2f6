package dev.jangada.node.thread;

/**
 * Says when a tick is due. Ticks that were missed are not made up for: after a long pause of the
 * process, a burst of them would look like silence of the leader.
 */
final class TickSchedule {
  private final long interval;
  private long next;

  /**
   * Creates a schedule.
   *
   * @param interval between two ticks, in nanoseconds
   * @param now reading of a monotonic clock; the first tick is due an interval later
   */
  TickSchedule(long interval, long now) {
    this.interval = interval;
    this.next = now + interval;
  }

  /** How long it is to the next tick; not positive if it is due. */
  long untilNext(long now) {
    return next - now;
  }

  /** Whether a tick is due, which is then taken as done. */
  boolean isDue(long now) {
    if (now - next < 0) {
      return false;
    }
    // Within an interval of its time the rhythm is kept, so that small delays do not add up.
    next = now - next < interval ? next + interval : now + interval;
    return true;
  }
}
