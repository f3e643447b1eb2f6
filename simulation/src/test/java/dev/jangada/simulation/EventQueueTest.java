package dev.jangada.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EventQueueTest {

  private record Planned(long time, int number) {}

  @Property(tries = 200)
  void eventsHappenInOrderOfTimeAndThenOfAge(
      @ForAll @Size(max = 300) List<@IntRange(max = 50) Integer> delays) {
    EventQueue queue = new EventQueue();
    List<Planned> planned = new ArrayList<>();
    List<Planned> happened = new ArrayList<>();
    for (int i = 0; i < delays.size(); i++) {
      Planned event = new Planned(queue.now() + delays.get(i), i);
      planned.add(event);
      queue.after(delays.get(i), () -> happened.add(event));
      if (i % 7 == 6 && queue.size() > 0) {
        queue.step(1000);
      }
    }
    while (queue.step(1000)) {
      // Everything happens in the events.
    }

    assertThat(happened)
        .isSortedAccordingTo(
            Comparator.comparingLong(Planned::time).thenComparingInt(Planned::number))
        .containsExactlyInAnyOrderElementsOf(planned);
    assertThat(queue.executed()).isEqualTo(delays.size());
    assertThat(queue.now()).isEqualTo(1000);
  }

  @Test
  void stepStopsAtItsLimit() {
    EventQueue queue = new EventQueue();
    queue.after(10, () -> {});

    assertThat(queue.step(9)).isFalse();
    assertThat(queue.now()).isEqualTo(9);
    assertThat(queue.step(10)).isTrue();
    assertThat(queue.now()).isEqualTo(10);
  }

  @Test
  void pastIsRefused() {
    assertThatThrownBy(() -> new EventQueue().after(-1, () -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
