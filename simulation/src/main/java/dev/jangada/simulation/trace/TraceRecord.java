package dev.jangada.simulation.trace;

/**
 * A {@link TraceEvent} with its place in the run.
 *
 * @param number from 1, in the order in which things happened, without gaps
 * @param nanos when, in nanoseconds of virtual time since the beginning; never goes back
 * @param node id of the node at which it happened; 0 if it happened at none
 * @param event what
 */
public record TraceRecord(long number, long nanos, long node, TraceEvent event) {

  /** Checks that number and time are possible. */
  public TraceRecord {
    if (number < 1 || nanos < 0 || node < 0) {
      throw new IllegalArgumentException(
          "event " + number + " at " + nanos + " ns on node " + node);
    }
  }

  /** The record as {@link TextTrace} writes it. */
  @Override
  public String toString() {
    return TextTrace.line(this);
  }
}
