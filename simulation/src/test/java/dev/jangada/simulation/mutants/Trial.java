package dev.jangada.simulation.mutants;

import org.jspecify.annotations.Nullable;

/**
 * Runs of the simulator on one variant of the implementation. Together with {@link Finding} this is
 * what both sides of a {@link VariantLoader} have in common, and public because packages end there.
 */
@FunctionalInterface
public interface Trial {

  /** Makes one run and tells what went wrong in it; null if nothing did. */
  @Nullable Finding run(long seed);
}
