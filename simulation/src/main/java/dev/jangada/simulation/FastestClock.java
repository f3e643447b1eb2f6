package dev.jangada.simulation;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much time has passed for a clock that always goes as fast as the fastest one of some nodes:
 * no time that any of them measures, one after the other, is longer.
 */
final class FastestClock {

  /** From a moment on: what the clock said then, and how fast it goes. */
  private record Segment(double nanos, double rate) {}

  private final Map<Integer, Double> rates = new TreeMap<>();
  private final TreeMap<Long, Segment> segments = new TreeMap<>();

  FastestClock() {
    segments.put(0L, new Segment(0, 0));
  }

  /** A node's clock goes at a rate from now on. */
  void changed(int node, double rate, long now) {
    rates.put(node, rate);
    double fastest = max(rates.values());
    if (fastest != segments.lastEntry().getValue().rate()) {
      segments.put(now, new Segment(at(now), fastest));
    }
  }

  private static double max(Collection<Double> rates) {
    return rates.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  /** What the clock said at a moment, in nanoseconds. */
  double at(long now) {
    Map.Entry<Long, Segment> entry = segments.floorEntry(now);
    Segment segment = entry.getValue();
    return segment.nanos() + (now - entry.getKey()) * segment.rate();
  }
}
