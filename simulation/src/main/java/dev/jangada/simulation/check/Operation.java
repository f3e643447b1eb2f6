package dev.jangada.simulation.check;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one client asked and was answered.
 *
 * @param client who asked; for the reader of a report only, the checker does not use it
 * @param input what was asked
 * @param output the answer; null if the outcome is unknown
 * @param invokedAt when it was asked, in any unit, the same for the whole history
 * @param returnedAt when the answer was there, not before {@code invokedAt}; {@link #NEVER} if the
 *     client was never answered. Such an operation may have taken effect at any time after it was
 *     invoked; without an output it may also never have, with one (found out otherwise) it has
 */
public record Operation<I, O>(
    int client, I input, @Nullable O output, long invokedAt, long returnedAt) {

  /** The time of return of an operation whose outcome is unknown. */
  public static final long NEVER = Long.MAX_VALUE;

  /** Checks that it returned after it was invoked, with an answer. */
  public Operation {
    Objects.requireNonNull(input, "input");
    if (output == null && returnedAt != NEVER) {
      throw new IllegalArgumentException("Returned at " + returnedAt + " without an output");
    }
    if (returnedAt < invokedAt) {
      throw new IllegalArgumentException(
          "Returned at " + returnedAt + ", before it was invoked at " + invokedAt);
    }
  }

  /** An operation that was answered. */
  public static <I, O> Operation<I, O> completed(
      int client, I input, O output, long invokedAt, long returnedAt) {
    return new Operation<>(client, input, output, invokedAt, returnedAt);
  }

  /** An operation that nobody answered. */
  public static <I, O> Operation<I, O> unknown(int client, I input, long invokedAt) {
    return new Operation<>(client, input, null, invokedAt, NEVER);
  }

  /** Whether it certainly took effect, with a known output. */
  public boolean isCompleted() {
    return output != null;
  }

  /** One line: when, who, what, and the answer. */
  @Override
  public String toString() {
    String end = returnedAt == NEVER ? "?" : Long.toString(returnedAt);
    String answer = isCompleted() ? String.valueOf(output) : "unknown";
    return "[" + invokedAt + " .. " + end + "] client " + client + ": " + input + " -> " + answer;
  }
}
