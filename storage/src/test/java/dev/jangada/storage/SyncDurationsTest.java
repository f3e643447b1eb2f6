package dev.jangada.storage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SyncDurationsTest {

  @Test
  void durationBelongsToTheFirstBucketThatIsNotBelowIt() {
    assertThat(SyncDurations.bucketOf(0)).isZero();
    assertThat(SyncDurations.bucketOf(1_000_000)).isZero();
    assertThat(SyncDurations.bucketOf(1_000_001)).isEqualTo(1);
    assertThat(SyncDurations.bucketOf(8_192_000_000L)).isEqualTo(13);
    assertThat(SyncDurations.bucketOf(8_192_000_001L)).isEqualTo(14);
    assertThat(SyncDurations.bucketOf(Long.MAX_VALUE)).isEqualTo(14);
  }

  @Test
  void boundsAreThoseOfTheBuckets() {
    assertThat(SyncDurations.upperBoundSeconds(0)).isEqualTo(0.001);
    assertThat(SyncDurations.upperBoundSeconds(13)).isEqualTo(8.192);
    assertThat(SyncDurations.upperBoundSeconds(14)).isInfinite();
  }
}
