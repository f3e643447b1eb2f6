package dev.jangada.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.simulation.check.KeyValueModel.Compact;
import dev.jangada.simulation.check.KeyValueModel.CompareAndPut;
import dev.jangada.simulation.check.KeyValueModel.Delete;
import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.Version;
import dev.jangada.simulation.check.RandomHistories.Effect;
import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
import dev.jangada.simulation.check.RegisterModel.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/** Random histories; the seed of each is its parameter. */
class LinearizabilityPropertiesTest {

  private static final RegisterModel REGISTER = new RegisterModel();
  private static final KeyValueModel KEY_VALUE = new KeyValueModel();

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void historyOfRealRegistersIsAccepted(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    assertThat(LinearizabilityChecker.check(REGISTER, registers(random, 5, 200, 3, 3)))
        .as("seed %d", seed)
        .isInstanceOf(Verdict.Linearizable.class);
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void historyOfRealStoreIsAccepted(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    assertThat(LinearizabilityChecker.check(KEY_VALUE, store(random, 5, 200, 3)))
        .as("seed %d", seed)
        .isInstanceOf(Verdict.Linearizable.class);
  }

  @Property(tries = 4000, shrinking = ShrinkingMode.OFF)
  void corruptedRegisterIsJudgedAsByBruteForce(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Operation<Request, String>> history = registers(random, 3, 6, 15, 1);
    assertThat(BruteForce.isLinearizable(REGISTER, history)).isTrue();
    for (int i = 0; i < 3; i++) {
      history = corrupt(random, history);
      assertThat(LinearizabilityChecker.check(REGISTER, history).isLinearizable())
          .as("seed %d: %s", seed, history)
          .isEqualTo(BruteForce.isLinearizable(REGISTER, history));
    }
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
  void corruptedStoreIsJudgedAsByBruteForce(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Operation<KeyValueModel.Request, Reply>> history = store(random, 3, 6, 15);
    assertThat(BruteForce.isLinearizable(KEY_VALUE, history)).isTrue();
    history = corrupt(random, history);
    assertThat(LinearizabilityChecker.check(KEY_VALUE, history).isLinearizable())
        .as("seed %d: %s", seed, history)
        .isEqualTo(BruteForce.isLinearizable(KEY_VALUE, history));
  }

  /** One stale answer among thousands: found, and within a bound that says nothing explodes. */
  @Property(tries = 5, shrinking = ShrinkingMode.OFF)
  void oneStaleReadInLongHistoryIsFound(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Operation<Request, String>> history = registers(random, 5, 10_000, 0, 8);
    assertThat(LinearizabilityChecker.check(REGISTER, history, 100_000))
        .as("seed %d", seed)
        .isInstanceOf(Verdict.Linearizable.class);

    Operation<Request, String> end = history.getLast();
    List<Operation<Request, String>> longer = new ArrayList<>(history);
    long now = end.invokedAt() + 1_000;
    longer.add(Operation.completed(9, new Append("k0", "late"), RegisterModel.DONE, now, now + 1));
    longer.add(Operation.completed(9, new Get("k0"), "stale", now + 2, now + 3));
    Verdict<Request, String> verdict = LinearizabilityChecker.check(REGISTER, longer, 100_000);
    assertThat(verdict).as("seed %d", seed).isInstanceOf(Verdict.Violation.class);
    assertThat(((Verdict.Violation<Request, String>) verdict).misfit()).isEqualTo(longer.getLast());
  }

  private static List<Operation<Request, String>> registers(
      SplittableRandom random, int clients, int operations, int lossPercent, int keys) {
    return RandomHistories.<SortedMap<String, String>, Request, String>generate(
        random,
        clients,
        operations,
        lossPercent,
        new TreeMap<>(),
        (source, number) -> {
          String key = "k" + source.nextInt(keys);
          return switch (source.nextInt(4)) {
            case 0 -> new Put(key, "p" + number);
            case 1 -> new Append(key, "a" + number);
            default -> new Get(key);
          };
        },
        (state, request) -> {
          String text = state.getOrDefault(request.key(), "");
          return switch (request) {
            case Put put -> new Effect<>(with(state, put.key(), put.value()), "ok");
            case Append append ->
                new Effect<>(with(state, append.key(), text + append.value()), "ok");
            case Get get -> new Effect<>(state, text);
          };
        });
  }

  private static <V> SortedMap<String, V> with(SortedMap<String, V> map, String key, V value) {
    SortedMap<String, V> changed = new TreeMap<>(map);
    changed.put(key, value);
    return changed;
  }

  private record Revisions(long revision, long compacted, SortedMap<String, Version> keys) {}

  private static List<Operation<KeyValueModel.Request, Reply>> store(
      SplittableRandom random, int clients, int operations, int lossPercent) {
    return RandomHistories.<Revisions, KeyValueModel.Request, Reply>generate(
        random,
        clients,
        operations,
        lossPercent,
        new Revisions(1, 0, new TreeMap<>()),
        (source, number) -> {
          String key = "k" + source.nextInt(2);
          return switch (source.nextInt(6)) {
            case 5 -> new Compact(1 + source.nextInt(number + 1));
            case 0 -> new KeyValueModel.Put(key, "p" + number);
            case 1 -> new Delete(key);
            case 2, 3 -> new CompareAndPut(key, source.nextInt(number + 1), "c" + number);
            default -> new KeyValueModel.Get(key);
          };
        },
        LinearizabilityPropertiesTest::applyToStore);
  }

  private static Effect<Revisions, Reply> applyToStore(
      Revisions state, KeyValueModel.Request request) {
    @Nullable Version found = state.keys().get(request.key());
    boolean changes;
    @Nullable String value = null;
    switch (request) {
      case KeyValueModel.Put put -> {
        changes = true;
        value = put.value();
      }
      case Delete delete -> changes = found != null;
      case CompareAndPut put -> {
        changes = put.modRevision() == (found == null ? 0 : found.modRevision());
        if (!changes && put.modRevision() > 0 && put.modRevision() < state.compacted()) {
          return new Effect<>(state, new Reply(0, false, null));
        }
        value = put.value();
      }
      case KeyValueModel.Get get -> {
        return new Effect<>(state, new Reply(state.revision(), true, found));
      }
      case KeyValueModel.OfLease ofLease -> throw new AssertionError(ofLease);
      case Compact compact -> {
        if (compact.revision() <= state.compacted() || compact.revision() > state.revision()) {
          return new Effect<>(state, new Reply(0, false, null));
        }
        return new Effect<>(
            new Revisions(state.revision(), compact.revision(), state.keys()),
            new Reply(state.revision(), true, null));
      }
    }
    if (!changes) {
      return new Effect<>(state, new Reply(state.revision(), false, null));
    }
    SortedMap<String, Version> keys = new TreeMap<>(state.keys());
    long revision = state.revision() + 1;
    if (value == null) {
      keys.remove(request.key());
    } else {
      keys.put(request.key(), new Version(value, revision));
    }
    return new Effect<>(
        new Revisions(revision, state.compacted(), keys), new Reply(revision, true, null));
  }

  /** Gives one operation the answer of another one, or moves it in time. */
  private static <I, O> List<Operation<I, O>> corrupt(
      SplittableRandom random, List<Operation<I, O>> history) {
    List<Operation<I, O>> corrupted = new ArrayList<>(history);
    List<Integer> answered = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      if (history.get(i).isCompleted()) {
        answered.add(i);
      }
    }
    if (answered.isEmpty()) {
      return corrupted;
    }
    int index = answered.get(random.nextInt(answered.size()));
    Operation<I, O> victim = history.get(index);
    Operation<I, O> donor = history.get(answered.get(random.nextInt(answered.size())));
    O output = random.nextInt(3) > 0 ? donor.output() : victim.output();
    long shift = random.nextInt(3) == 0 ? random.nextInt(12) : 0;
    corrupted.set(
        index,
        new Operation<>(
            victim.client(),
            victim.input(),
            output,
            victim.invokedAt() + shift,
            victim.returnedAt() + shift));
    return corrupted;
  }
}
