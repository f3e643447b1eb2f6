package dev.jangada.server.upkeep;

import dev.jangada.node.LogStatistics;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says so when the disk takes long to sync the log: nothing is acknowledged meanwhile, and a leader
 * whose disk hangs loses the lead. For one thread.
 */
public final class SlowDisk {

  private static final Logger LOG = LoggerFactory.getLogger(SlowDisk.class);

  /** Longer than a disk ever should take, and as long as members wait for a leader by default. */
  private static final double SLOW_SECONDS = 0.512;

  private final Supplier<LogStatistics> log;
  private long told;

  /**
   * Begins with what was slow before.
   *
   * @param log the log's figures at the moment of asking
   */
  public SlowDisk(Supplier<LogStatistics> log) {
    this.log = log;
  }

  /** Tells of what was slow since the last time, if anything was. */
  public void look() {
    long slow = slowSinceTold();
    if (slow > 0) {
      LOG.warn("slow disk: syncs={} of the log took longer than seconds={}", slow, SLOW_SECONDS);
    }
  }

  /** How many syncs were slow that nobody has been told of; from now on somebody has. */
  long slowSinceTold() {
    long slow =
        log.get().syncDurations().stream()
            .filter(bucket -> bucket.upperBoundSeconds() > SLOW_SECONDS)
            .mapToLong(LogStatistics.Bucket::count)
            .sum();
    long untold = slow - told;
    told = slow;
    return untold;
  }
}
