package dev.jangada.server.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.LogStatistics;
import dev.jangada.node.LogStatistics.Bucket;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Syncs of the log that take too long. */
class SlowDiskTest {

  private static LogStatistics syncs(long quick, long halfASecond, long second, long longer) {
    return new LogStatistics(
        0,
        0,
        0,
        1,
        List.of(
            new Bucket(0.001, quick),
            new Bucket(0.512, halfASecond),
            new Bucket(1.024, second),
            new Bucket(Double.POSITIVE_INFINITY, longer)),
        0);
  }

  @Test
  void slowSyncsAreToldOnce() {
    AtomicReference<LogStatistics> log = new AtomicReference<>(syncs(9, 9, 0, 0));
    SlowDisk disk = new SlowDisk(log::get);
    assertThat(disk.slowSinceTold()).isZero();

    log.set(syncs(99, 99, 2, 1));
    assertThat(disk.slowSinceTold()).isEqualTo(3);
    assertThat(disk.slowSinceTold()).isZero();

    log.set(syncs(99, 99, 2, 2));
    assertThat(disk.slowSinceTold()).isEqualTo(1);
  }
}
