package dev.jangada.node.transport;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt to connect: not at all before the first, then twice as
 * long each time up to a limit, and each time a little less than that by chance, so that nodes that
 * lost each other at the same moment do not all come back at the same moment.
 *
 * <p>Not safe for use by several threads.
 */
final class Backoff {

  private final long firstNanos;
  private final long longestNanos;
  private final RandomGenerator random;
  private long nextNanos;

  Backoff(Duration first, Duration longest, RandomGenerator random) {
    firstNanos = first.toNanos();
    longestNanos = longest.toNanos();
    this.random = random;
  }

  /** The delay before the next attempt, in nanoseconds. */
  long next() {
    long delay = nextNanos;
    nextNanos = delay == 0 ? firstNanos : Math.min(longestNanos, 2 * delay);
    return delay == 0 ? 0 : delay - random.nextLong(delay / 4 + 1);
  }

  /** Makes the next attempt the first one again. */
  void reset() {
    nextNanos = 0;
  }
}
