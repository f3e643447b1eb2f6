package dev.jangada.node.thread;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TickScheduleTest {
  private static final long START = Math.subtractExact(Long.MAX_VALUE, 50); // a clock may overflow
  private final TickSchedule schedule = new TickSchedule(10, START);

  @Test
  void aTickIsDueOncePerInterval() {
    assertThat(schedule.isDue(START + 9)).isFalse();
    assertThat(schedule.isDue(START + 10)).isTrue();
    assertThat(schedule.isDue(START + 10)).isFalse();
    assertThat(schedule.untilNext(START + 12)).isEqualTo(8);
  }

  @Test
  void aSmallDelayDoesNotShiftTheTicksAfterIt() {
    assertThat(schedule.isDue(START + 17)).isTrue();

    assertThat(schedule.untilNext(START + 17)).isEqualTo(3);
  }

  @Test
  void aLongPauseIsFollowedByOneTickAndNotByABurst() {
    assertThat(schedule.isDue(START + 1_000)).isTrue();

    assertThat(schedule.isDue(START + 1_000)).isFalse();
    assertThat(schedule.isDue(START + 1_009)).isFalse();
    assertThat(schedule.isDue(START + 1_010)).isTrue();
  }

  @Test
  void thereAreNeverMoreTicksThanIntervals() {
    int ticks = 0;
    long[] looks = {3, 25, 26, 27, 200, 200, 201, 209, 210, 219, 500};
    for (long look : looks) {
      if (schedule.isDue(START + look)) {
        ticks++;
      }
    }

    // At 25, 26?, 200, 210 and 500: the second of them makes up for a small delay only.
    assertThat(ticks).isEqualTo(4);
  }
}
