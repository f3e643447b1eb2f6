package dev.jangada.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.LeaseStopwatch.LogPosition;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How much time leaders let pass for leases, in made-up time. */
class LeaseStopwatchTest {

  private static final long TERM = 3;

  private final LeaseStopwatch stopwatch = new LeaseStopwatch(0);

  private static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static LogPosition leading(long applied) {
    return new LogPosition(TERM, true, 10, applied);
  }

  private static LogPosition following(long applied) {
    return new LogPosition(TERM, false, 10, applied);
  }

  private @Nullable AdvanceLeaseClockRequest lookAt(
      long millis, LogPosition log, long clockMillis) {
    return stopwatch.look(nanos(millis), log, new LeaseClock(clockMillis, 1));
  }

  @Test
  void leaderTellsOfTheTimeSinceTheAdvanceBeforeAndOfNoneTwice() {
    assertThat(lookAt(499, leading(10), 0)).isNull();
    AdvanceLeaseClockRequest first = lookAt(550, leading(10), 0);
    assertThat(first).isEqualTo(new AdvanceLeaseClockRequest(550, TERM));
    stopwatch.proposed(nanos(550), nanos(550), Objects.requireNonNull(first), 11, TERM);

    // Applied only later, and seen later still: that time belongs to the next advance.
    assertThat(lookAt(800, leading(11), 550)).isNull();
    assertThat(lookAt(1_060, leading(11), 550)).isEqualTo(new AdvanceLeaseClockRequest(510, TERM));
  }

  /**
   * A lease that is kept alive while the leader stands still between look and proposal comes before
   * the advance in the log, and loses what that tells of: with what is told of next together it may
   * lose no more than its reserve of a second.
   */
  @Test
  void timeBetweenLookAndProposalCountsOnlyAsFarAsLeasesHaveItInReserve() {
    AdvanceLeaseClockRequest first = lookAt(900, leading(10), 0);
    assertThat(first).isEqualTo(new AdvanceLeaseClockRequest(900, TERM));
    stopwatch.proposed(nanos(1_050), nanos(900), Objects.requireNonNull(first), 11, TERM);
    // Of the 150 ms in between 100 ms count.
    assertThat(lookAt(1_449, leading(11), 900)).isNull();
    AdvanceLeaseClockRequest second = lookAt(1_550, leading(11), 900);
    assertThat(second).isEqualTo(new AdvanceLeaseClockRequest(600, TERM));

    stopwatch.proposed(nanos(1_700), nanos(1_550), Objects.requireNonNull(second), 12, TERM);
    assertThat(lookAt(2_150, leading(12), 1_500))
        .isEqualTo(new AdvanceLeaseClockRequest(600, TERM));
  }

  @Test
  void oneAdvanceAtATimeIsUnderWay() {
    AdvanceLeaseClockRequest first = lookAt(500, leading(10), 0);
    stopwatch.proposed(nanos(500), nanos(500), Objects.requireNonNull(first), 12, TERM);
    assertThat(lookAt(5_000, leading(11), 0)).isNull();
    assertThat(lookAt(5_001, leading(12), 500)).isNotNull();
  }

  /** The clients of a leader that was stopped for a minute are not to blame. */
  @Test
  void leaderThatWasStoppedTellsOfOneSecondAtMostAndForgetsTheRest() {
    AdvanceLeaseClockRequest advance = lookAt(60_000, leading(10), 0);
    assertThat(advance).isEqualTo(new AdvanceLeaseClockRequest(1_000, TERM));
    stopwatch.proposed(nanos(60_000), nanos(60_000), Objects.requireNonNull(advance), 11, TERM);
    assertThat(lookAt(60_400, leading(11), 1_000)).isNull();
    assertThat(lookAt(60_500, leading(11), 1_000))
        .isEqualTo(new AdvanceLeaseClockRequest(500, TERM));
  }

  @Test
  void nothingIsToldByAFollowerNorWithoutLeases() {
    assertThat(lookAt(5_000, following(10), 0)).isNull();
    assertThat(stopwatch.look(nanos(9_000), leading(10), new LeaseClock(0, 0))).isNull();
    // Time without leases does not count for the first one.
    assertThat(lookAt(9_100, leading(10), 0)).isNull();
  }

  @Test
  void newLeaderCountsFromTheLastAdvanceItSawApplied() {
    assertThat(lookAt(1_000, following(9), 500)).isNull();
    assertThat(lookAt(1_700, leading(10), 500)).isEqualTo(new AdvanceLeaseClockRequest(700, TERM));
  }

  @Test
  void newLeaderTellsNothingBeforeItHasAppliedWhatItFoundInItsLog() {
    assertThat(lookAt(700, leading(9), 0)).isNull();
    // An advance of the leader before was in there: what it measured must not count again.
    assertThat(lookAt(800, leading(10), 500)).isNull();
    assertThat(lookAt(1_300, leading(10), 500)).isEqualTo(new AdvanceLeaseClockRequest(500, TERM));
  }

  @Test
  void advanceThatTheLogDidNotTakeOrTookInAnotherTermIsMeasuredAgain() {
    assertThat(lookAt(600, leading(10), 0)).isEqualTo(new AdvanceLeaseClockRequest(600, TERM));
    AdvanceLeaseClockRequest advance = lookAt(700, leading(10), 0);
    assertThat(advance).isEqualTo(new AdvanceLeaseClockRequest(700, TERM));
    stopwatch.proposed(nanos(700), nanos(700), Objects.requireNonNull(advance), 11, TERM + 2);
    assertThat(lookAt(800, leading(10), 0)).isEqualTo(new AdvanceLeaseClockRequest(800, TERM));
  }

  /** Others have led since, and counted the time. */
  @Test
  void advanceOfAnEarlierTermSaysNothingOfTheTimeSince() {
    AdvanceLeaseClockRequest advance = lookAt(600, leading(10), 0);
    stopwatch.proposed(nanos(600), nanos(600), Objects.requireNonNull(advance), 11, TERM);
    LogPosition later = new LogPosition(TERM + 2, true, 20, 20);
    assertThat(lookAt(5_000, later, 4_900)).isNull();
    assertThat(lookAt(5_500, later, 4_900)).isEqualTo(new AdvanceLeaseClockRequest(500, TERM + 2));
  }

  static List<Long> seeds() {
    return new Random().longs(200).boxed().toList();
  }

  /**
   * Leaders come and go, some without noticing, with entries in their logs that are committed or
   * not: what all of them tell is never more than the time there was, and once one stays, time
   * passes as it does.
   */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void leadersTogetherTellOfNoMoreTimeThanThereWas(long seed) {
    World world = new World(new Random(seed));
    for (int i = 0; i < 400; i++) {
      world.step();
      assertThat(world.toldMillis()).isLessThanOrEqualTo(world.millis());
    }
    world.settle();
    long told = world.toldMillis();
    long from = world.millis();
    for (int i = 0; i < 100; i++) {
      world.pass(100);
      world.look(world.leader);
      world.settle();
    }
    assertThat(world.toldMillis() - told).isGreaterThanOrEqualTo(world.millis() - from - 1_000);
    assertThat(world.toldMillis()).isLessThanOrEqualTo(world.millis());
  }

  /** Three members, and no more of a log than an advance needs. */
  private static final class World {
    private static final int MEMBERS = 3;

    private record Told(long millis) {}

    private final Random random;
    private final List<LeaseStopwatch> stopwatches = new ArrayList<>();
    private final int[] applied = new int[MEMBERS];

    /** What is committed, and after it what is in the leader's log only. */
    private final List<Told> log = new ArrayList<>();

    private int committed;
    private int leader;
    private long term = 1;

    /** A member that does not know yet that it has lost the lead; -1 for none. */
    private int deposed = -1;

    private long deposedTerm;
    private int deposedLast;
    private long now;

    World(Random random) {
      this.random = random;
      for (int i = 0; i < MEMBERS; i++) {
        stopwatches.add(new LeaseStopwatch(0));
      }
    }

    long millis() {
      return TimeUnit.NANOSECONDS.toMillis(now);
    }

    long toldMillis() {
      return log.stream().mapToLong(Told::millis).sum();
    }

    void pass(long millis) {
      now += nanos(millis);
    }

    void step() {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> pass(random.nextInt(random.nextInt(50) == 0 ? 5_000 : 700));
        case 4 -> committed += random.nextInt(log.size() - committed + 1);
        case 5 -> apply(random.nextInt(MEMBERS));
        case 6 -> changeLeader();
        case 7 -> deposed = -1;
        case 8 -> settle();
        default -> look(random.nextInt(MEMBERS));
      }
    }

    private void apply(int member) {
      if (member != deposed) {
        applied[member] += random.nextInt(committed - applied[member] + 1);
      }
    }

    /** Everything is committed and applied. */
    void settle() {
      committed = log.size();
      for (int member = 0; member < MEMBERS; member++) {
        if (member != deposed) {
          applied[member] = committed;
        }
      }
    }

    private void changeLeader() {
      int kept = committed + random.nextInt(log.size() - committed + 1);
      deposed = random.nextBoolean() ? leader : -1;
      deposedTerm = term;
      deposedLast = log.size();
      log.subList(kept, log.size()).clear();
      log.add(new Told(0)); // the entry that opens the new term
      leader = (leader + 1 + random.nextInt(MEMBERS - 1)) % MEMBERS;
      term++;
    }

    void look(int member) {
      boolean leads = member == leader || member == deposed;
      long ofTerm = member == deposed ? deposedTerm : term;
      int last = member == deposed ? deposedLast : log.size();
      long clock = log.subList(0, applied[member]).stream().mapToLong(Told::millis).sum();
      AdvanceLeaseClockRequest advance =
          stopwatches
              .get(member)
              .look(
                  now,
                  new LogPosition(ofTerm, leads, last, applied[member]),
                  new LeaseClock(clock, 1));
      if (advance == null) {
        return;
      }
      if (member == deposed) {
        deposedLast++;
        stopwatches.get(member).proposed(now, now, advance, deposedLast, ofTerm);
      } else {
        log.add(new Told(advance.millis()));
        stopwatches.get(member).proposed(now, now, advance, log.size(), ofTerm);
      }
    }
  }
}
