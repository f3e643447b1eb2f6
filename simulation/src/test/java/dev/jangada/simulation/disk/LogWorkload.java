package dev.jangada.simulation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
import dev.jangada.storage.WriteAheadLog;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A fixed sequence of appends, discards, resets and syncs, and every state that a log may be in on
 * the way: one for each record, since a crash may cut a batch between any two.
 */
final class LogWorkload {

  /**
   * What a log holds.
   *
   * @param entries those after the base
   */
  record Contents(HardState hardState, EntryId base, List<Entry> entries) {

    static final Contents EMPTY = new Contents(HardState.INITIAL, EntryId.NONE, List.of());

    static Contents of(WriteAheadLog log) {
      EntryId base = log.base();
      long last = log.last().index();
      List<Entry> entries =
          last == base.index() ? List.of() : log.read(base.index() + 1, last + 1, Long.MAX_VALUE);
      Contents contents = new Contents(log.hardState(), base, entries);
      assertThat(log.last()).as("last of " + contents).isEqualTo(contents.last());
      assertThat(log.termStarts()).as("terms of " + contents).isEqualTo(contents.termStarts());
      return contents;
    }

    EntryId last() {
      return entries.isEmpty() ? base : entries.getLast().id();
    }

    private List<EntryId> termStarts() {
      List<EntryId> starts = new ArrayList<>();
      for (Entry entry : entries) {
        if (starts.isEmpty() || starts.getLast().term() != entry.term()) {
          starts.add(entry.id());
        }
      }
      return starts;
    }

    Contents with(HardState next) {
      return new Contents(next, base, entries);
    }

    Contents with(Entry entry) {
      List<Entry> replaced =
          new ArrayList<>(entries.subList(0, (int) (entry.index() - base.index()) - 1));
      replaced.add(entry);
      return new Contents(hardState, base, replaced);
    }

    Contents discardedUpTo(EntryId next) {
      int dropped = (int) (next.index() - base.index());
      return new Contents(hardState, next, entries.subList(dropped, entries.size()));
    }

    Contents resetTo(EntryId next) {
      return new Contents(hardState, next, List.of());
    }

    @Override
    public String toString() {
      return hardState + " after " + base + " " + entries;
    }
  }

  /** One call of the log. */
  sealed interface Step {

    void run(WriteAheadLog log);

    /** The contents after each of its records. */
    List<Contents> states(Contents before);

    /** Whether what it did, and all before it, is durable afterwards. */
    default boolean isDurable() {
      return false;
    }
  }

  record Append(@Nullable HardState hardState, List<Entry> entries) implements Step {

    @Override
    public void run(WriteAheadLog log) {
      log.append(hardState, entries);
    }

    @Override
    public List<Contents> states(Contents before) {
      List<Contents> states = new ArrayList<>();
      Contents state = before;
      if (hardState != null) {
        state = state.with(hardState);
        states.add(state);
      }
      for (Entry entry : entries) {
        state = state.with(entry);
        states.add(state);
      }
      return states;
    }
  }

  record Discard(EntryId upTo) implements Step {

    @Override
    public void run(WriteAheadLog log) {
      log.discardUpTo(upTo.index());
    }

    @Override
    public List<Contents> states(Contents before) {
      return List.of(before.discardedUpTo(upTo));
    }
  }

  record Reset(EntryId base) implements Step {

    @Override
    public void run(WriteAheadLog log) {
      log.reset(base, Membership.NONE);
    }

    @Override
    public List<Contents> states(Contents before) {
      return List.of(before.resetTo(base));
    }

    @Override
    public boolean isDurable() {
      return true;
    }
  }

  record Sync() implements Step {

    @Override
    public void run(WriteAheadLog log) {
      log.sync();
    }

    @Override
    public List<Contents> states(Contents before) {
      return List.of();
    }

    @Override
    public boolean isDurable() {
      return true;
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
      Contents contents = states.getLast();
      if (i % 5 == 4 || random.nextInt(3) == 0) {
        add(new Sync());
      } else if (!contents.entries().isEmpty() && random.nextInt(4) == 0) {
        List<Entry> entries = contents.entries();
        // All of them now and then.
        int upTo = random.nextInt(5) == 0 ? entries.size() : 1 + random.nextInt(entries.size());
        add(new Discard(entries.get(upTo - 1).id()));
      } else if (contents.hardState().term() > 0 && random.nextInt(16) == 0) {
        addReset(random, contents);
      } else {
        addAppend(random);
      }
    }
    add(new Sync());
  }

  private void addReset(RandomGenerator random, Contents contents) {
    // In the midst of the log, at its end, or beyond it.
    long index = Math.max(1, contents.base().index() + random.nextInt(20));
    long oldest = Math.max(1, contents.base().term());
    long newest = contents.hardState().term();
    add(new Reset(new EntryId(index, oldest + random.nextInt((int) (newest - oldest) + 1))));
  }

  private void addAppend(RandomGenerator random) {
    Contents contents = states.getLast();
    HardState hardState = contents.hardState();
    HardState next = null;
    if (hardState.term() == 0 || random.nextInt(4) == 0) {
      next = new HardState(hardState.term() + 1 + random.nextInt(2), random.nextInt(3));
    }
    long term = next == null ? hardState.term() : next.term();
    long lastIndex = contents.last().index();
    long from = lastIndex + 1;
    if (next != null && random.nextBoolean()) {
      from = Math.max(contents.base().index() + 1, lastIndex - random.nextInt(12));
    }
    List<Entry> entries = new ArrayList<>();
    int count = next != null && random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      byte[] data = new byte[random.nextInt(10) == 0 ? random.nextInt(3000) : random.nextInt(200)];
      random.nextBytes(data);
      entries.add(
          new Entry(from + i, term, EntryType.COMMAND, random.nextLong(), random.nextLong(), data));
    }
    add(new Append(next, entries));
  }

  private void add(Step step) {
    steps.add(step);
    states.addAll(step.states(states.getLast()));
    stateAfter.add(states.size() - 1);
  }

  List<Contents> states() {
    return states;
  }

  List<Step> steps() {
    return steps;
  }

  /**
   * Runs all steps, or as many as the log lets.
   *
   * @param between called after each step
   */
  void run(WriteAheadLog log, Progress progress, Runnable between) {
    for (int i = 0; i < steps.size(); i++) {
      progress.attempted = stateAfter.get(i);
      steps.get(i).run(log);
      if (steps.get(i).isDurable()) {
        progress.acknowledged = stateAfter.get(i);
      }
      between.run();
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
