package dev.jangada.simulation.disk;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.storage.WriteAheadLog;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A fixed sequence of appends and syncs, and every state that a log may be in on the way: one for
 * each record, since a crash may cut a batch between any two.
 */
final class LogWorkload {

  /** What a log holds. */
  record Contents(HardState hardState, List<Entry> entries) {

    static final Contents EMPTY = new Contents(HardState.INITIAL, List.of());

    static Contents of(WriteAheadLog log) {
      long last = log.last().index();
      return new Contents(
          log.hardState(), last == 0 ? List.of() : log.read(1, last + 1, Long.MAX_VALUE));
    }

    Contents with(HardState next) {
      return new Contents(next, entries);
    }

    Contents with(Entry entry) {
      List<Entry> replaced = new ArrayList<>(entries.subList(0, (int) entry.index() - 1));
      replaced.add(entry);
      return new Contents(hardState, replaced);
    }

    @Override
    public String toString() {
      return hardState + " " + entries;
    }
  }

  /** One call of append, or of sync if there is nothing to append. */
  record Step(@Nullable HardState hardState, List<Entry> entries) {

    boolean isSync() {
      return hardState == null && entries.isEmpty();
    }
  }

  private final List<Step> steps = new ArrayList<>();

  /** The contents after each record, beginning with none. */
  private final List<Contents> states = new ArrayList<>(List.of(Contents.EMPTY));

  /** For each step, which of the states it ends with. */
  private final List<Integer> stateAfter = new ArrayList<>();

  /** How far a run came. */
  static final class Progress {
    /** The state that was acknowledged as durable, and the latest that was asked for. */
    private int acknowledged;

    private int attempted;

    int acknowledged() {
      return acknowledged;
    }

    int attempted() {
      return attempted;
    }
  }

  LogWorkload(RandomGenerator random, int length) {
    for (int i = 0; i < length; i++) {
      if (i % 5 == 4 || random.nextInt(3) == 0) {
        add(new Step(null, List.of()));
      } else {
        addAppend(random);
      }
    }
    add(new Step(null, List.of()));
  }

  private void addAppend(RandomGenerator random) {
    Contents contents = states.getLast();
    HardState hardState = contents.hardState();
    HardState next = null;
    if (hardState.term() == 0 || random.nextInt(4) == 0) {
      next = new HardState(hardState.term() + 1 + random.nextInt(2), random.nextInt(3));
    }
    long term = next == null ? hardState.term() : next.term();
    long lastIndex = contents.entries().size();
    long from = lastIndex + 1;
    if (next != null && random.nextBoolean()) {
      from = Math.max(1, lastIndex - random.nextInt(12));
    }
    List<Entry> entries = new ArrayList<>();
    int count = next != null && random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      byte[] data = new byte[random.nextInt(10) == 0 ? random.nextInt(3000) : random.nextInt(200)];
      random.nextBytes(data);
      entries.add(
          new Entry(from + i, term, EntryType.COMMAND, random.nextLong(), random.nextLong(), data));
    }
    add(new Step(next, entries));
  }

  private void add(Step step) {
    steps.add(step);
    if (step.hardState() != null) {
      states.add(states.getLast().with(step.hardState()));
    }
    for (Entry entry : step.entries()) {
      states.add(states.getLast().with(entry));
    }
    stateAfter.add(states.size() - 1);
  }

  List<Contents> states() {
    return states;
  }

  /** Runs all steps, or as many as the log lets. */
  void run(WriteAheadLog log, Progress progress) {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (step.isSync()) {
        log.sync();
        progress.acknowledged = stateAfter.get(i);
      } else {
        progress.attempted = stateAfter.get(i);
        log.append(step.hardState(), step.entries());
      }
    }
  }

  /** The step during which a state is left. */
  Step stepAfter(int state) {
    for (int i = 0; i < steps.size(); i++) {
      if (stateAfter.get(i) > state) {
        return steps.get(i);
      }
    }
    throw new IllegalArgumentException("state " + state + " is the last");
  }

  /** Where in the states a log's contents are found, at or after the given place; -1 if nowhere. */
  int find(Contents contents, int from) {
    for (int i = from; i < states.size(); i++) {
      if (states.get(i).equals(contents)) {
        return i;
      }
    }
    return -1;
  }
}
