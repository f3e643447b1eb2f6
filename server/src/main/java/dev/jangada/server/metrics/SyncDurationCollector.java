package dev.jangada.server.metrics;

import dev.jangada.node.LogStatistics;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.function.Supplier;

/** The log's own histogram of how long syncs take, in etcd's buckets and under etcd's name. */
final class SyncDurationCollector implements Collector {

  private static final String NAME = "etcd_disk_wal_fsync_duration_seconds";

  private final Supplier<LogStatistics> statistics;

  SyncDurationCollector(Supplier<LogStatistics> statistics) {
    this.statistics = statistics;
  }

  @Override
  public MetricSnapshot collect() {
    LogStatistics now = statistics.get();
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    now.syncDurations()
        .forEach(bucket -> buckets.bucket(bucket.upperBoundSeconds(), bucket.count()));
    return HistogramSnapshot.builder()
        .name(NAME)
        .help("How long syncs of the log take.")
        .dataPoint(
            HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(buckets.build())
                .sum(now.totalSyncNanos() / 1e9)
                .build())
        .build();
  }
}
