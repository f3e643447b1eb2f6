package dev.jangada.node.driver;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All requests under way, in the order of their deadlines as far as that is needed: a hashed timing
 * wheel (Varghese and Lauck, SOSP 1987), with a slot for each of the next {@value #SLOTS} ticks. A
 * request whose deadline is further away shares its slot with nearer ones and is passed over until
 * its time has come. Adding and removing take constant time, however many requests there are, and
 * nearly all are removed long before their deadline.
 */
final class DeadlineWheel {
  private static final int SLOTS = 1024;

  private final @Nullable Request[] slots = new @Nullable Request[SLOTS];
  private int size;

  /** No deadline is before this one. */
  private long earliest = Long.MAX_VALUE;

  int size() {
    return size;
  }

  /**
   * How many ticks there are at most without a deadline, the one with it included: 1 if the next
   * tick may have one, {@link Long#MAX_VALUE} if there is none. Too few rather than too many.
   */
  long ticksUntilDue(long tick) {
    if (size == 0) {
      earliest = Long.MAX_VALUE;
      return Long.MAX_VALUE;
    }
    if (earliest <= tick) {
      earliest = tick + 1;
      while (slots[slot(earliest)] == null) {
        earliest++;
      }
    }
    return earliest - tick;
  }

  void add(Request request) {
    int slot = slot(request.deadlineTick);
    Request first = slots[slot];
    request.next = first;
    if (first != null) {
      first.previous = request;
    }
    slots[slot] = request;
    size++;
    earliest = Math.min(earliest, request.deadlineTick);
  }

  /** Takes out a request that is in. */
  void remove(Request request) {
    Request previous = request.previous;
    Request next = request.next;
    if (previous == null) {
      slots[slot(request.deadlineTick)] = next;
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
    request.previous = null;
    request.next = null;
    size--;
  }

  /**
   * Takes out the requests whose deadline is a tick. To be called for every tick in turn.
   *
   * @param expired takes them; must not change the wheel
   */
  void expire(long tick, Consumer<Request> expired) {
    Request request = slots[slot(tick)];
    while (request != null) {
      Request next = request.next;
      if (request.deadlineTick <= tick) {
        remove(request);
        expired.accept(request);
      }
      request = next;
    }
  }

  /** Takes out all requests. */
  void drain(Consumer<Request> removed) {
    for (int slot = 0; slot < SLOTS; slot++) {
      for (Request request = slots[slot]; request != null; request = slots[slot]) {
        remove(request);
        removed.accept(request);
      }
    }
  }

  private static int slot(long tick) {
    return (int) (tick & (SLOTS - 1));
  }
}
