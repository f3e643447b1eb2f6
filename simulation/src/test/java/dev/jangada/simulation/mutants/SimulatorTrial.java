package dev.jangada.simulation.mutants;

import dev.jangada.raft.InvariantViolation;
import dev.jangada.simulation.PropertyViolation;
import dev.jangada.simulation.SimulationFailure;
import org.jspecify.annotations.Nullable;

/** Runs the simulator on those classes of the implementation that its own loader finds. */
final class SimulatorTrial implements Trial {

  private final Circumstances circumstances;

  /** For {@link VariantLoader}, from the other side of which no enum constant can come. */
  SimulatorTrial(String circumstances) {
    this.circumstances = Circumstances.valueOf(circumstances);
  }

  @Override
  public @Nullable Finding run(long seed) {
    try {
      circumstances.run(seed);
      return null;
    } catch (SimulationFailure failure) {
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      return new Finding(property(cause), String.valueOf(failure.getMessage()));
    }
  }

  /** What did not hold, in a few words for the table. */
  private static String property(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return switch (cause) {
      case PropertyViolation violation -> message.substring(0, message.indexOf(':'));
      case InvariantViolation violation -> "the node's own invariants";
      case AssertionError error when message.startsWith("no progress") -> "liveness";
      case AssertionError error when message.startsWith("no rest") -> "liveness";
      case AssertionError error when message.startsWith("Not linearizable") -> "linearizability";
      case AssertionError error when message.contains("different states") -> "equal states";
      case AssertionError error when message.contains("its own log") -> "recovery of the log";
      case AssertionError error when message.startsWith("watchers") -> "what watchers are told";
      case IllegalStateException error when message.contains("data directory") ->
          "recovery of the node";
      default -> "an error of the code, " + cause.getClass().getSimpleName();
    };
  }
}
