package dev.jangada.storage;

import java.util.ArrayList;
import java.util.List;

/**
 * How long syncs of a log took, counted in buckets: up to 1 ms, up to 2 ms, up to 4 ms, and so on;
 * the last one has no upper bound.
 *
 * @param counts syncs in each bucket, each sync in one
 * @param totalNanos the time of all of them, in nanoseconds
 */
public record SyncDurations(List<Long> counts, long totalNanos) {

  /** Up to 8.192 s, and one without a bound. */
  static final int BUCKETS = 15;

  private static final long FIRST_BOUND_NANOS = 1_000_000;

  public SyncDurations {
    counts = List.copyOf(counts);
  }

  /** The largest duration of a bucket, in seconds; infinite for the last. */
  public static double upperBoundSeconds(int bucket) {
    return bucket == BUCKETS - 1 ? Double.POSITIVE_INFINITY : (FIRST_BOUND_NANOS << bucket) / 1e9;
  }

  /** The bucket that a duration belongs to. */
  static int bucketOf(long nanos) {
    int bucket = 0;
    while (bucket < BUCKETS - 1 && nanos > FIRST_BOUND_NANOS << bucket) {
      bucket++;
    }
    return bucket;
  }

  /** From counters. */
  static SyncDurations of(long[] counts, long totalNanos) {
    List<Long> list = new ArrayList<>(counts.length);
    for (long count : counts) {
      list.add(count);
    }
    return new SyncDurations(list, totalNanos);
  }
}
