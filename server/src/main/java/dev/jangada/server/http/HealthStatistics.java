package dev.jangada.server.http;

import dev.jangada.server.http.HealthProbe.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** How often this member was asked for its health, and what came out. Safe for several threads. */
public final class HealthStatistics {

  private final LongAdder healthy = new LongAdder();
  private final LongAdder unhealthy = new LongAdder();
  private final List<Tally> tallies = new ArrayList<>();

  /** What came out of one check of one kind of page. */
  public static final class Tally {
    private final String page;
    private final Check check;
    private final LongAdder succeeded = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile @Nullable Boolean last;

    Tally(String page, Check check) {
      this.page = page;
      this.check = check;
    }

    /** Such as {@code readyz}. */
    public String page() {
      return page;
    }

    /** Such as {@code linearizable_read}. */
    public String check() {
      return check.text();
    }

    /** How often it succeeded. */
    public long succeeded() {
      return succeeded.sum();
    }

    /** How often it failed. */
    public long failed() {
      return failed.sum();
    }

    /** Whether it succeeded the last time; null if nobody has asked yet. */
    public @Nullable Boolean last() {
      return last;
    }

    void add(boolean success) {
      (success ? succeeded : failed).increment();
      last = success;
    }
  }

  /** Starts at zero. */
  public HealthStatistics() {
    HealthPages.CHECKS.forEach((path, checks) ->
        checks.forEach(check -> tallies.add(new Tally(path.substring(1), check))));
  }

  /** One for each check of each page. */
  public List<Tally> tallies() {
    return List.copyOf(tallies);
  }

  /** How often {@code /health} was answered with yes. */
  public long healthy() {
    return healthy.sum();
  }

  /** How often {@code /health} was answered with no. */
  public long unhealthy() {
    return unhealthy.sum();
  }

  void addHealth(boolean good) {
    (good ? healthy : unhealthy).increment();
  }

  void add(String path, Check check, boolean success) {
    for (Tally tally : tallies) {
      if (tally.check == check && path.endsWith(tally.page)) {
        tally.add(success);
      }
    }
  }
}
