package dev.jangada.server.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When old revisions are compacted, by a clock that is moved by hand. */
class CompactionScheduleTest {

  /** As a monotonic clock may begin: anywhere, also just before it overflows. */
  private static final long START = Long.MAX_VALUE - Duration.ofMinutes(90).toNanos();

  private long now = START;
  private long revision = 1;
  private long compacted;
  private boolean leads = true;

  private CompactionSchedule schedule(CompactionPolicy policy) {
    return new CompactionSchedule(policy, START);
  }

  /**
   * Lets time pass in steps of a second, each with so many writes, and compacts what is due.
   *
   * @return how often something was
   */
  private int pass(CompactionSchedule schedule, Duration time, int writesPerSecond) {
    int compactions = 0;
    for (long second = 0; second < time.toSeconds(); second++) {
      now += Duration.ofSeconds(1).toNanos();
      revision += writesPerSecond;
      long target = schedule.look(now, leads, revision, compacted);
      if (target != 0) {
        assertThat(target).isGreaterThan(compacted).isLessThanOrEqualTo(revision);
        compacted = target;
        schedule.done(now);
        compactions++;
      }
    }
    return compactions;
  }

  @Test
  void offDoesNothing() {
    CompactionSchedule schedule = schedule(CompactionPolicy.OFF);

    assertThat(pass(schedule, Duration.ofHours(10), 1)).isZero();
  }

  @Test
  void numberOfRevisionsIsKeptEveryFiveMinutes() {
    CompactionSchedule schedule = schedule(new CompactionPolicy.KeepRevisions(100));

    assertThat(pass(schedule, Duration.ofSeconds(299), 10)).isZero();
    assertThat(pass(schedule, Duration.ofSeconds(1), 10)).isEqualTo(1);
    assertThat(compacted).isEqualTo(3_001 - 100);
    assertThat(pass(schedule, Duration.ofMinutes(60), 10)).isEqualTo(12);
    assertThat(compacted).isEqualTo(revision - 100);
  }

  @Test
  void fewerRevisionsThanAreKeptAreLeftAlone() {
    CompactionSchedule schedule = schedule(new CompactionPolicy.KeepRevisions(1_000_000));

    assertThat(pass(schedule, Duration.ofHours(1), 10)).isZero();
  }

  @Test
  void periodIsKeptAndNothingYounger() {
    CompactionSchedule schedule = schedule(new CompactionPolicy.KeepTime(Duration.ofMinutes(10)));

    // A period for the history to begin, and up to another one to be due.
    pass(schedule, Duration.ofMinutes(25), 1);

    assertThat(compacted).isPositive();
    long agesInSeconds = revision - compacted;
    assertThat(agesInSeconds)
        .as("what is left is at least a period old, and at most two and the grain of the notes")
        .isBetween(10 * 60L, 10 * 60L + 10 * 60 + 60);
  }

  @Test
  void longPeriodIsCompactedEveryHour() {
    CompactionSchedule schedule = schedule(new CompactionPolicy.KeepTime(Duration.ofHours(24)));

    assertThat(pass(schedule, Duration.ofMinutes(24 * 60 - 1), 1)).isZero();
    assertThat(pass(schedule, Duration.ofHours(10), 1)).isEqualTo(10);
    assertThat(revision - compacted).isBetween(24 * 3600L, 25 * 3600L + 360);
  }

  @Test
  void withoutWritesThereIsNothingToCompactTwice() {
    CompactionSchedule schedule = schedule(new CompactionPolicy.KeepTime(Duration.ofMinutes(1)));
    pass(schedule, Duration.ofMinutes(5), 1);
    pass(schedule, Duration.ofMinutes(5), 0);

    assertThat(compacted).isEqualTo(revision);
    assertThat(pass(schedule, Duration.ofMinutes(30), 0)).isZero();
  }

  @Test
  void whoTakesTheLeadKnowsWhatWasCurrentBefore() {
    CompactionSchedule schedule = schedule(new CompactionPolicy.KeepTime(Duration.ofMinutes(10)));
    leads = false;
    assertThat(pass(schedule, Duration.ofMinutes(30), 1)).isZero();

    leads = true;

    assertThat(pass(schedule, Duration.ofSeconds(1), 1)).isEqualTo(1);
    assertThat(revision - compacted).isBetween(10 * 60L, 11 * 60L + 1);
  }

  @Test
  void whatWasNotDoneIsSaidAgain() {
    CompactionSchedule schedule = schedule(new CompactionPolicy.KeepRevisions(10));
    now += Duration.ofMinutes(6).toNanos();

    assertThat(schedule.look(now, true, 100, 0)).isEqualTo(90);
    assertThat(schedule.look(now + 1, true, 101, 0)).isEqualTo(91);
    schedule.done(now + 2);
    assertThat(schedule.look(now + 3, true, 102, 0)).isZero();
  }
}
