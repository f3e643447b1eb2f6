package dev.jangada.simulation.check;

import org.jspecify.annotations.Nullable;

/**
 * What an object does when it is used by one client at a time: the specification that a history is
 * held against.
 *
 * <p>States are immutable, with {@code equals} and {@code hashCode} by value: the checker remembers
 * those it has been in.
 *
 * @param <S> state
 * @param <I> input of an operation
 * @param <O> output of an operation
 */
public interface Model<S, I, O> {

  /** The state that every history begins in. */
  S initial();

  /**
   * Takes one step.
   *
   * @param output what the client was answered; null if the outcome is unknown, which fits every
   *     state
   * @return the state after it, or null if no object in this state answers so; never null for an
   *     unknown output
   */
  @Nullable S step(S state, I input, @Nullable O output);

  /**
   * Whether an operation that was answered so can still take effect, in this state or after any
   * further steps from it. Lets the search turn back early, which decides whether it ends in time
   * where many outcomes are unknown; true is always right.
   */
  default boolean isStillPossible(S state, I input, O output) {
    return true;
  }

  /**
   * The independent part of the object that an operation touches, a key for example. Parts are
   * judged one by one, which is sound and far cheaper; an operation that touches two makes them one
   * part.
   */
  default String partition(I input) {
    return "";
  }
}
