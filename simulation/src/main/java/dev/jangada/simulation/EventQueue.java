package dev.jangada.simulation;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: what is to happen, in order; of two things at the same time the older first. For
 * one thread.
 *
 * <p>A heap in plain arrays: a run is hardly anything else than a few million of these events, and
 * an object for each would cost more than most of them do.
 */
public final class EventQueue {

  /** Children of a place: with four, a new event passes half as many others as with two. */
  private static final int WIDTH = 4;

  private long[] times = new long[64];
  private long[] numbers = new long[64];
  private @Nullable Runnable[] actions = new @Nullable Runnable[64];
  private int size;

  /**
   * Whether the first place is vacant, because its event is happening: most events have exactly one
   * other follow, which then goes in there and does not have to be brought up from the end.
   */
  private boolean vacant;

  private long now;
  private long scheduled;
  private long executed;

  /** Nanoseconds since the beginning. */
  public long now() {
    return now;
  }

  /** How many events there were. */
  public long executed() {
    return executed;
  }

  /** How many events are to come. */
  int size() {
    return vacant ? size - 1 : size;
  }

  /** Has something happen after so many nanoseconds. */
  public void after(long delayNanos, Runnable action) {
    if (delayNanos < 0) {
      throw new IllegalArgumentException("a delay of " + delayNanos + " ns");
    }
    if (vacant) {
      vacant = false;
      siftDown(now + delayNanos, scheduled++, action);
      return;
    }
    if (size == times.length) {
      times = Arrays.copyOf(times, 2 * size);
      numbers = Arrays.copyOf(numbers, 2 * size);
      actions = Arrays.copyOf(actions, 2 * size);
    }
    siftUp(size++, now + delayNanos, scheduled++, action);
  }

  /** Lets the next event happen unless it is later than the given time, which is then reached. */
  public boolean step(long until) {
    if (vacant) {
      fillVacancy();
    }
    if (size == 0 || times[0] > until) {
      now = until;
      return false;
    }
    now = times[0];
    executed++;
    Runnable first = actions[0];
    if (first == null) {
      throw new AssertionError("an event without an action");
    }
    actions[0] = null;
    vacant = true;
    first.run();
    return true;
  }

  /** Moves the last event to where there is none. */
  private void fillVacancy() {
    vacant = false;
    size--;
    Runnable last = actions[size];
    actions[size] = null;
    if (last != null) {
      siftDown(times[size], numbers[size], last);
    }
  }

  private void siftUp(int start, long time, long number, Runnable action) {
    int place = start;
    while (place > 0) {
      int parent = (place - 1) / WIDTH;
      // The newest event never goes before an older one of the same time.
      if (times[parent] <= time) {
        break;
      }
      move(parent, place);
      place = parent;
    }
    put(place, time, number, action);
  }

  private void siftDown(long time, long number, Runnable action) {
    int place = 0;
    int child;
    while ((child = WIDTH * place + 1) < size) {
      int end = Math.min(size, child + WIDTH);
      for (int other = child + 1; other < end; other++) {
        if (isBefore(times[other], numbers[other], child)) {
          child = other;
        }
      }
      if (isBefore(time, number, child)) {
        break;
      }
      move(child, place);
      place = child;
    }
    put(place, time, number, action);
  }

  private boolean isBefore(long time, long number, int place) {
    return time != times[place] ? time < times[place] : number < numbers[place];
  }

  private void move(int from, int to) {
    times[to] = times[from];
    numbers[to] = numbers[from];
    actions[to] = actions[from];
  }

  private void put(int place, long time, long number, Runnable action) {
    times[place] = time;
    numbers[place] = number;
    actions[place] = action;
  }
}
