package dev.jangada.simulation.lab;

import org.jspecify.annotations.Nullable;

/**
 * How a run of a scenario went: in virtual time the same for the same scenario and seed.
 *
 * @param scenario what was run
 * @param seed from which all that was random came
 * @param nanos how long it took in the time of its world
 * @param peers how many servers there were
 * @param rpcs how many calls were made, those that failed included
 * @param bytes how many bytes they and their answers had
 * @param commands how many commands were agreed on
 * @param note what else is to be known of it, though it is no failure; null for nothing
 * @param failure what went wrong; null if the scenario passed
 */
public record LabResult(
    LabScenario scenario,
    long seed,
    long nanos,
    int peers,
    long rpcs,
    long bytes,
    long commands,
    @Nullable String note,
    @Nullable String failure) {

  /** Whether all went well. */
  public boolean passed() {
    return failure == null;
  }

  /** How long it took in the time of its world, in seconds. */
  public double seconds() {
    return nanos / 1e9;
  }
}
