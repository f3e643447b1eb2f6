package dev.jangada.simulation.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides whether a history is linearizable (Herlihy and Wing, 1990).
 *
 * <p>The search is Wing and Gong's with Lowe's memory ("Testing for Linearizability", 2016): put
 * first any operation that was invoked before the first return that is still open, step the model,
 * go on with the rest, take it back when stuck; and never enter twice the same configuration (which
 * operations took effect, and the state). Each part of the object is judged alone.
 *
 * <p>The problem is NP-complete. What blows it up in practice is concurrency that nothing observes,
 * unknown outcomes above all, because they stay open to the end. Three things keep them cheap: they
 * are tried last, they are skipped where they would change nothing, and the search ends when every
 * <em>answered</em> operation has its place. A bound on the steps cuts off the rest.
 *
 * <p>An invocation and a return at the same time count as concurrent: what rejects a history must
 * not rest on the resolution of the clock.
 */
public final class LinearizabilityChecker {

  /** Enough for any history that is not pathological; a few seconds of work at most. */
  public static final long DEFAULT_MAX_STEPS = 5_000_000;

  private LinearizabilityChecker() {}

  /** Judges with the default bound. */
  public static <S, I, O> Verdict<I, O> check(Model<S, I, O> model, List<Operation<I, O>> history) {
    return check(model, history, DEFAULT_MAX_STEPS);
  }

  /**
   * Judges a history.
   *
   * @param history in any order; operations without an answer may have happened or not
   * @param maxSteps how many steps of the model to try before giving up, positive
   */
  public static <S, I, O> Verdict<I, O> check(
      Model<S, I, O> model, List<Operation<I, O>> history, long maxSteps) {
    Map<String, List<Operation<I, O>>> parts = new LinkedHashMap<>();
    for (Operation<I, O> operation : history) {
      parts
          .computeIfAbsent(model.partition(operation.input()), part -> new ArrayList<>())
          .add(operation);
    }
    long stepsLeft = maxSteps;
    for (Map.Entry<String, List<Operation<I, O>>> part : parts.entrySet()) {
      LinearizationSearch<S, I, O> search = new LinearizationSearch<>(model, part.getValue());
      switch (search.run(stepsLeft)) {
        case FOUND -> stepsLeft -= search.steps();
        case EXHAUSTED -> {
          return search.violation(part.getKey());
        }
        case GIVEN_UP -> {
          return new Verdict.Unknown<>(part.getKey(), maxSteps);
        }
      }
    }
    return new Verdict.Linearizable<>();
  }
}
