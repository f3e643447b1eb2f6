package dev.jangada.simulation.check;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records operations while clients run. For one thread at a time.
 *
 * @param <I> input of an operation
 * @param <O> output of an operation
 */
public final class History<I, O> {

  private final List<Call<I, O>> calls = new ArrayList<>();

  /**
   * A client asks.
   *
   * @param now the time, never going back from call to call
   * @return to be told how it ended; an operation that never ends counts as one of unknown outcome
   */
  public Call<I, O> invoke(int client, I input, long now) {
    Call<I, O> call = new Call<>(client, input, now);
    calls.add(call);
    return call;
  }

  /** What was recorded so far, in order of invocation. */
  public List<Operation<I, O>> operations() {
    return calls.stream().filter(call -> !call.refused).map(Call::operation).toList();
  }

  /** An operation that has begun. */
  public static final class Call<I, O> {

    private final int client;
    private final I input;
    private final long invokedAt;
    private @Nullable O output;
    private long returnedAt = Operation.NEVER;
    private boolean refused;

    private Call(int client, I input, long invokedAt) {
      this.client = client;
      this.input = input;
      this.invokedAt = invokedAt;
    }

    /** The client was answered. */
    public void returned(O result, long now) {
      if (output != null || refused) {
        throw new IllegalStateException("Has ended already: " + operation());
      }
      output = result;
      returnedAt = now;
    }

    /**
     * The client was never answered, and yet it is known that the operation took effect, and what
     * would have been answered.
     */
    public void tookEffect(O result) {
      returned(result, Operation.NEVER);
    }

    /** The client was told that the operation will certainly never take effect. */
    public void refused() {
      if (output != null || refused) {
        throw new IllegalStateException("Has ended already: " + operation());
      }
      refused = true;
    }

    private Operation<I, O> operation() {
      return new Operation<>(client, input, output, invokedAt, returnedAt);
    }
  }
}
