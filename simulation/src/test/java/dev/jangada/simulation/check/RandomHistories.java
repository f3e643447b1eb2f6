package dev.jangada.simulation.check;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Histories of a real object that is used by several clients at once: each operation takes effect
 * at one moment between its invocation and its return, so every such history is linearizable.
 */
final class RandomHistories {

  /** What the object answers and becomes. */
  record Effect<S, O>(S state, O output) {}

  /** Makes the next request: random source, how many were made before. */
  interface Requests<I> {
    I next(SplittableRandom random, int number);
  }

  private enum Stage {
    INVOKED,
    EFFECTIVE,
  }

  private static final class Running<I, O> {
    final int client;
    final I input;
    final History.Call<I, O> call;
    final boolean answerIsLost;
    Stage stage = Stage.INVOKED;
    @Nullable O output;

    Running(int client, I input, History.Call<I, O> call, boolean answerIsLost) {
      this.client = client;
      this.input = input;
      this.call = call;
      this.answerIsLost = answerIsLost;
    }
  }

  private RandomHistories() {}

  /**
   * Runs clients until enough operations were invoked.
   *
   * @param lossPercent how many operations are never answered; those take effect late or never
   */
  static <S, I, O> List<Operation<I, O>> generate(
      SplittableRandom random,
      int clients,
      int operations,
      int lossPercent,
      S initial,
      Requests<I> requests,
      BiFunction<S, I, Effect<S, O>> object) {
    History<I, O> history = new History<>();
    List<Running<I, O>> running = new ArrayList<>();
    S state = initial;
    int invoked = 0;
    for (long now = 0; invoked < operations || running.stream().anyMatch(r -> !r.answerIsLost); ) {
      now += random.nextInt(2); // Things may happen at the same time.
      int client = random.nextInt(clients);
      Running<I, O> busy = null;
      for (Running<I, O> candidate : running) {
        if (candidate.client == client && !candidate.answerIsLost) {
          busy = candidate;
        }
      }
      if (busy == null && invoked < operations) {
        I input = requests.next(random, invoked++);
        boolean lost = random.nextInt(100) < lossPercent;
        now++; // A client's next operation comes after its last one.
        running.add(new Running<>(client, input, history.invoke(client, input, now), lost));
      } else if (busy != null && busy.stage == Stage.EFFECTIVE && busy.output != null) {
        busy.call.returned(busy.output, now);
        running.remove(busy);
      }
      if (!running.isEmpty()) {
        Running<I, O> lucky = running.get(random.nextInt(running.size()));
        if (lucky.stage == Stage.INVOKED && (!lucky.answerIsLost || random.nextInt(8) == 0)) {
          Effect<S, O> effect = object.apply(state, lucky.input);
          state = effect.state();
          lucky.output = effect.output();
          lucky.stage = Stage.EFFECTIVE;
        }
      }
    }
    return history.operations();
  }
}
