package dev.jangada.node.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadlineWheelTest {
  private final DeadlineWheel wheel = new DeadlineWheel();

  @Test
  void aDeadlineMoreThanOneRoundAwayIsPassedOverUntilItsTime() {
    ReadRequest far = request(3_000);
    wheel.add(far);
    List<Long> expiredAt = new ArrayList<>();
    for (long tick = 1; tick <= 3_100; tick++) {
      long now = tick;
      wheel.expire(tick, request -> expiredAt.add(now));
    }

    assertThat(expiredAt).containsExactly(3_000L);
    assertThat(wheel.size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void everyRequestThatIsNotRemovedExpiresExactlyAtItsDeadline(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Request> in = new ArrayList<>();
    List<Request> expired = new ArrayList<>();
    int added = 0;
    int removed = 0;
    for (long tick = 1; tick < 6_000; tick++) {
      for (int i = random.nextInt(3); tick < 3_000 && i > 0; i--) {
        ReadRequest request = request(tick + random.nextLong(2_500));
        wheel.add(request);
        in.add(request);
        added++;
      }
      if (!in.isEmpty() && random.nextBoolean()) {
        wheel.remove(in.remove(random.nextInt(in.size())));
        removed++;
      }
      long now = tick;
      wheel.expire(
          tick,
          request -> {
            assertThat(request.deadlineTick).as("seed %s", seed).isEqualTo(now);
            expired.add(request);
          });
      in.removeIf(request -> request.deadlineTick <= now);
      assertThat(wheel.size()).as("seed %s", seed).isEqualTo(in.size());
    }

    assertThat(expired).as("seed %s", seed).hasSize(added - removed).doesNotHaveDuplicates();
  }

  @Test
  void drainTakesOutEverything() {
    for (int i = 1; i <= 5_000; i++) {
      wheel.add(request(i));
    }
    List<Request> drained = new ArrayList<>();
    wheel.drain(drained::add);

    assertThat(drained).hasSize(5_000).doesNotHaveDuplicates();
    assertThat(wheel.size()).isZero();
  }

  private static ReadRequest request(long deadlineTick) {
    return new ReadRequest(deadlineTick, new DriverCluster.Read());
  }
}
