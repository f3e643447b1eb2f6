package dev.jangada.node;

import dev.jangada.storage.SyncDurations;
import dev.jangada.storage.WalStatistics;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a node's write-ahead log has done since it was opened.
 *
 * @param entries entries appended
 * @param bytes bytes written, framing included
 * @param syncs syncs of its contents
 * @param segments number of its files
 * @param syncDurations how long syncs took, counted in buckets from the shortest to the longest
 * @param totalSyncNanos the time of all syncs in the buckets, in nanoseconds
 */
public record LogStatistics(
    long entries,
    long bytes,
    long syncs,
    int segments,
    List<Bucket> syncDurations,
    long totalSyncNanos) {

  public LogStatistics {
    syncDurations = List.copyOf(syncDurations);
  }

  /**
   * Syncs that took about as long.
   *
   * @param upperBoundSeconds the longest that is counted here; infinite for the last bucket. What
   *     an earlier bucket counts is not counted again
   * @param count how many there were
   */
  public record Bucket(double upperBoundSeconds, long count) {}

  static LogStatistics of(WalStatistics log) {
    List<Long> counts = log.syncDurations().counts();
    return new LogStatistics(
        log.entries(),
        log.bytes(),
        log.syncs(),
        log.segments(),
        IntStream.range(0, counts.size())
            .mapToObj(i -> new Bucket(SyncDurations.upperBoundSeconds(i), counts.get(i)))
            .toList(),
        log.syncDurations().totalNanos());
  }
}
