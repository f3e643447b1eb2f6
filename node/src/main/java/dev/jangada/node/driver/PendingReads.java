package dev.jangada.node.driver;

import dev.jangada.raft.Invariant;
import dev.jangada.raft.ReadState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The linearizable reads of a driver on their way: not yet asked for, asked for, confirmed and
 * waiting for the state machine.
 */
final class PendingReads {
  private final int patienceTicks;

  /** Not yet asked for. */
  private List<ReadRequest> waiting = new ArrayList<>();

  /** Not before this tick is asked again, after a read has failed. */
  private long askAtTick;

  /** Asked for, by number, oldest first. */
  private final Map<Long, Batch> asked = new LinkedHashMap<>();

  /** Confirmed, by the index that has to be applied. */
  private final PriorityQueue<Confirmed> confirmed =
      new PriorityQueue<>(Comparator.comparingLong(Confirmed::index));

  private record Batch(long askedAtTick, List<ReadRequest> reads) {}

  private record Confirmed(long index, List<ReadRequest> reads) {}

  /** Takes reads that may be served. */
  @FunctionalInterface
  interface Served {
    void ready(ReadRequest read, long index);
  }

  /**
   * Creates an empty collection.
   *
   * @param patienceTicks after so many ticks without an answer a read is asked for again
   */
  PendingReads(int patienceTicks) {
    this.patienceTicks = patienceTicks;
  }

  void add(ReadRequest read) {
    waiting.add(read);
  }

  boolean haveToAsk(long tick) {
    return !waiting.isEmpty() && tick >= askAtTick;
  }

  /**
   * Takes all waiting reads as asked for under one number.
   *
   * @return that number
   */
  long ask(long number, long tick) {
    asked.put(number, new Batch(tick, waiting));
    waiting = new ArrayList<>();
    return number;
  }

  void answered(ReadState state, long appliedIndex, long tick, Served served) {
    @Nullable Batch batch = asked.remove(state.id());
    if (batch == null) {
      // It took too long and was asked for again, under another number.
      return;
    }
    if (state.index() == ReadState.FAILED) {
      askAgain(batch);
      askAtTick = tick + 1;
    } else if (state.index() <= appliedIndex) {
      serve(batch.reads(), state.index(), served);
    } else {
      confirmed.add(new Confirmed(state.index(), batch.reads()));
    }
  }

  void applied(long index, Served served) {
    while (!confirmed.isEmpty() && confirmed.peek().index() <= index) {
      Confirmed ready = confirmed.remove();
      serve(ready.reads(), ready.index(), served);
    }
  }

  /** Prepares to ask again for the reads of which nothing has been heard for too long. */
  void repeatSilent(long tick) {
    Iterator<Batch> oldestFirst = asked.values().iterator();
    while (oldestFirst.hasNext()) {
      Batch batch = oldestFirst.next();
      Invariant.check(batch.askedAtTick() <= tick, "a read was asked for in the future");
      if (tick - batch.askedAtTick() < patienceTicks) {
        return;
      }
      oldestFirst.remove();
      askAgain(batch);
    }
  }

  /** How many ticks there are, the last one included, until a read is asked for (again). */
  long ticksUntilDue(long tick) {
    long due = Long.MAX_VALUE;
    if (!waiting.isEmpty() && askAtTick > tick) {
      due = askAtTick - tick;
    }
    if (!asked.isEmpty()) {
      Batch oldest = asked.values().iterator().next();
      due = Math.min(due, oldest.askedAtTick() + patienceTicks - tick);
    }
    return due;
  }

  /** Forgets those that have expired. */
  void sweep() {
    waiting.removeIf(Request::isDone);
    confirmed.removeIf(batch -> batch.reads().stream().allMatch(Request::isDone));
  }

  private void askAgain(Batch batch) {
    for (ReadRequest read : batch.reads()) {
      if (!read.isDone()) {
        waiting.add(read);
      }
    }
  }

  private static void serve(List<ReadRequest> reads, long index, Served served) {
    for (ReadRequest read : reads) {
      if (!read.isDone()) {
        served.ready(read, index);
      }
    }
  }
}
