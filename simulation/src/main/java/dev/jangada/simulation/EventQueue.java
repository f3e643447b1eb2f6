package dev.jangada.simulation;

import java.util.PriorityQueue;

/** Virtual time: what is to happen, in order; of two things at the same time the older first. */
final class EventQueue {

  private record Event(long time, long number, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long now;
  private long scheduled;
  private long executed;

  /** Nanoseconds since the beginning. */
  long now() {
    return now;
  }

  /** How many events there were. */
  long executed() {
    return executed;
  }

  /** Has something happen after so many nanoseconds. */
  void after(long delayNanos, Runnable action) {
    if (delayNanos < 0) {
      throw new IllegalArgumentException("a delay of " + delayNanos + " ns");
    }
    events.add(new Event(now + delayNanos, scheduled++, action));
  }

  /** Lets the next event happen unless it is later than the given time, which is then reached. */
  boolean step(long until) {
    Event next = events.peek();
    if (next == null || next.time > until) {
      now = until;
      return false;
    }
    events.remove();
    now = next.time;
    executed++;
    next.action.run();
    return true;
  }
}
