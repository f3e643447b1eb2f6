package dev.jangada.raft;

import org.jspecify.annotations.Nullable;

/**
 * Checks that are always on: Java's {@code assert} is off by default, and a broken invariant must
 * never go on.
 */
public final class Invariant {

  private Invariant() {}

  /**
   * Throws unless the condition holds.
   *
   * @param condition what must hold
   * @param sentence what is broken when it does not, as a {@link String#format} pattern
   * @param arguments for the pattern
   * @throws InvariantViolation if the condition is false
   */
  public static void check(boolean condition, String sentence, @Nullable Object... arguments) {
    if (!condition) {
      throw new InvariantViolation(
          arguments.length == 0 ? sentence : String.format(sentence, arguments));
    }
  }

  /** The same for a number, without making an object of it where nothing is wrong. */
  public static void check(boolean condition, String sentence, long argument) {
    if (!condition) {
      throw new InvariantViolation(String.format(sentence, argument));
    }
  }

  /** The same for two numbers. */
  public static void check(boolean condition, String sentence, long first, long second) {
    if (!condition) {
      throw new InvariantViolation(String.format(sentence, first, second));
    }
  }

  /** The same for three numbers. */
  public static void check(
      boolean condition, String sentence, long first, long second, long third) {
    if (!condition) {
      throw new InvariantViolation(String.format(sentence, first, second, third));
    }
  }
}
