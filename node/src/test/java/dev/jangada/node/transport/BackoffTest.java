package dev.jangada.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BackoffTest {

  @Test
  void nextIsAtOnceFirstAndThenDoublesUpToTheLimitLessUpToAQuarter() {
    long seed = new Random().nextLong();
    Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofMillis(1000), new Random(seed));
    for (int round = 0; round < 100; round++) {
      assertThat(backoff.next()).as("seed " + seed).isZero();
      for (int expected : new int[] {50, 100, 200, 400, 800, 1000, 1000, 1000}) {
        long nanos = expected * 1_000_000L;
        assertThat(backoff.next()).as("seed " + seed).isBetween(nanos * 3 / 4, nanos);
      }
      backoff.reset();
    }
  }

  @Test
  void nextDiffersBetweenNodes() {
    Backoff one = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1), new Random(1));
    Backoff two = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1), new Random(2));
    one.next();
    two.next();
    assertThat(one.next()).isNotEqualTo(two.next());
  }
}
