package dev.jangada.simulation.trace;

/**
 * Takes what happens, in order. Called on the thread, and at the moment, at which it happens: a
 * sink must neither change what it observes nor throw because it dislikes it.
 */
@FunctionalInterface
public interface TraceSink {

  /** Takes the next record. */
  void take(TraceRecord event);

  /** A sink that hands everything to this one first and to the other one then. */
  default TraceSink and(TraceSink other) {
    return event -> {
      take(event);
      other.take(event);
    };
  }
}
