package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class InflightWindowPropertyTest {

  private record Append(long last, long weight) {}

  /** Positive numbers send an append of that weight, the others acknowledge as many entries. */
  @Property(tries = 300)
  void countAndBytesAreThoseOfAPlainQueue(
      @ForAll @Size(max = 60) List<@IntRange(min = -4, max = 30) Integer> steps) {
    InflightWindow window = new InflightWindow(20, 200);
    ArrayDeque<Append> model = new ArrayDeque<>();
    long last = 0;
    long match = 0;
    for (int step : steps) {
      if (step > 0) {
        last += 1 + step % 3;
        window.add(last, step);
        model.add(new Append(last, step));
      } else {
        match = Math.min(last, match - step);
        window.freeUpTo(match);
        long acknowledged = match;
        model.removeIf(append -> append.last() <= acknowledged);
      }
      long bytes = model.stream().mapToLong(Append::weight).sum();
      assertThat(window.count()).isEqualTo(model.size());
      assertThat(window.bytes()).isEqualTo(bytes);
      assertThat(window.isFull()).isEqualTo(model.size() >= 20 || bytes >= 200);
    }
  }
}
