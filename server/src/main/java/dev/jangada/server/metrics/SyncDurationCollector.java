package dev.jangada.server.metrics;

import dev.jangada.storage.SyncDurations;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.function.Supplier;

/** The log's own histogram of how long syncs take, in etcd's buckets and under etcd's name. */
final class SyncDurationCollector implements Collector {

  private static final String NAME = "etcd_disk_wal_fsync_duration_seconds";

  private final Supplier<SyncDurations> durations;

  SyncDurationCollector(Supplier<SyncDurations> durations) {
    this.durations = durations;
  }

  @Override
  public MetricSnapshot collect() {
    SyncDurations now = durations.get();
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < now.counts().size(); i++) {
      buckets.bucket(SyncDurations.upperBoundSeconds(i), now.counts().get(i));
    }
    return HistogramSnapshot.builder()
        .name(NAME)
        .help("How long syncs of the log take.")
        .dataPoint(
            HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(buckets.build())
                .sum(now.totalNanos() / 1e9)
                .build())
        .build();
  }
}
