package dev.jangada.server.upkeep;

import java.time.Duration;

/** Which old revisions the leader has compacted by itself. */
public sealed interface CompactionPolicy {

  /** None: compaction is left to clients. */
  CompactionPolicy OFF = new Off();

  /** See {@link #OFF}. */
  record Off() implements CompactionPolicy {}

  /**
   * All but the latest ones.
   *
   * @param revisions how many are kept, at least 1
   */
  record KeepRevisions(long revisions) implements CompactionPolicy {
    public KeepRevisions {
      if (revisions < 1) {
        throw new IllegalArgumentException("a number of revisions is at least 1");
      }
    }
  }

  /**
   * Those that had been replaced so long ago.
   *
   * @param period at least a second
   */
  record KeepTime(Duration period) implements CompactionPolicy {
    public KeepTime {
      if (period.compareTo(Duration.ofSeconds(1)) < 0) {
        throw new IllegalArgumentException("revisions are kept for a second at least");
      }
    }
  }

  /**
   * Reads etcd's settings.
   *
   * @param mode {@code periodic} or {@code revision}
   * @param retention a number of revisions; or a time such as {@code 72h}, {@code 1h30m} or {@code
   *     30s}, a plain number being hours; 0 for no compaction
   * @throws IllegalArgumentException if it cannot be understood; the message names the flag
   */
  static CompactionPolicy parse(String mode, String retention) {
    return switch (mode) {
      case "periodic" -> periodic(retention.strip());
      case "revision" -> byRevision(retention.strip());
      default ->
          throw new IllegalArgumentException(
              "--auto-compaction-mode must be periodic or revision, is \"" + mode + "\"");
    };
  }

  private static CompactionPolicy byRevision(String retention) {
    try {
      long revisions = Long.parseLong(retention);
      if (revisions >= 0) {
        return revisions == 0 ? OFF : new KeepRevisions(revisions);
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IllegalArgumentException(
        "--auto-compaction-retention must be a number of revisions in mode revision, is \""
            + retention
            + "\"");
  }

  private static CompactionPolicy periodic(String retention) {
    Duration period = Times.parse(retention);
    if (period != null && period.isZero()) {
      return OFF;
    }
    if (period == null || period.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException(
          "--auto-compaction-retention must be a time of a second or more, such as 72h, 30m or 10s,"
              + " or a number of hours, is \""
              + retention
              + "\"");
    }
    return new KeepTime(period);
  }
}
