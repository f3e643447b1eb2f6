package dev.jangada.simulation.check;

import java.util.ArrayList;
import java.util.List;

/**
 * The definition of linearizability, written down: every order of the answered operations together
 * with any of the unanswered ones is tried, and orders that contradict time are thrown away. For
 * histories of a few operations.
 */
final class BruteForce {

  private BruteForce() {}

  static <S, I, O> boolean isLinearizable(Model<S, I, O> model, List<Operation<I, O>> history) {
    return tryAll(model, new ArrayList<>(), history);
  }

  private static <S, I, O> boolean tryAll(
      Model<S, I, O> model, List<Operation<I, O>> order, List<Operation<I, O>> rest) {
    if (rest.stream().noneMatch(Operation::isCompleted)
        && respectsTime(order)
        && isExplained(model, order)) {
      return true;
    }
    for (int i = 0; i < rest.size(); i++) {
      List<Operation<I, O>> longer = new ArrayList<>(order);
      longer.add(rest.get(i));
      List<Operation<I, O>> shorter = new ArrayList<>(rest);
      shorter.remove(i);
      if (tryAll(model, longer, shorter)) {
        return true;
      }
    }
    return false;
  }

  private static <I, O> boolean respectsTime(List<Operation<I, O>> order) {
    for (int i = 0; i < order.size(); i++) {
      for (int later = i + 1; later < order.size(); later++) {
        if (order.get(later).returnedAt() < order.get(i).invokedAt()) {
          return false;
        }
      }
    }
    return true;
  }

  private static <S, I, O> boolean isExplained(Model<S, I, O> model, List<Operation<I, O>> order) {
    S state = model.initial();
    for (Operation<I, O> operation : order) {
      S after = model.step(state, operation.input(), operation.output());
      if (after == null) {
        return false;
      }
      state = after;
    }
    return true;
  }
}
