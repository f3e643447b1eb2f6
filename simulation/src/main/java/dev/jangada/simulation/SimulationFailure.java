package dev.jangada.simulation;

import java.util.Locale;

/** A simulated run went wrong. The same seed and configuration make it go wrong again. */
public final class SimulationFailure extends AssertionError {

  private static final long serialVersionUID = 1L;

  private final long seed;
  private final long atNanos;

  SimulationFailure(long seed, long atNanos, Throwable cause) {
    super(
        String.format(
            Locale.ROOT,
            "Seed %d failed after %.6f s of virtual time: %s",
            seed,
            atNanos / 1e9,
            cause),
        cause);
    this.seed = seed;
    this.atNanos = atNanos;
  }

  /** When it went wrong, in nanoseconds of virtual time. */
  public long atNanos() {
    return atNanos;
  }

  /** What replays it. */
  public long seed() {
    return seed;
  }
}
