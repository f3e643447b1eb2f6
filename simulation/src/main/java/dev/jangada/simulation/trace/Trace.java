package dev.jangada.simulation.trace;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a run writes down what happens. Off by default, and then it costs one comparison: whoever
 * has something to tell asks first, so that not even the event is made.
 *
 * <pre>{@code
 * if (trace.isOn()) {
 *   trace.add(node, new TraceEvent.Committed(index));
 * }
 * }</pre>
 *
 * <p>The seed of a run that failed tells it all again with the trace on. A trace may be used by
 * several threads: then their events come one after the other, in no particular order.
 */
public final class Trace {

  /** Takes nothing. */
  public static final Trace OFF = new Trace(() -> 0, null);

  private final LongSupplier nanos;
  private final @Nullable TraceSink sink;
  private long count;

  /**
   * A trace.
   *
   * @param nanos says what time it is, in nanoseconds since the beginning of the run
   * @param sink gets everything; null if nobody wants to know
   */
  public Trace(LongSupplier nanos, @Nullable TraceSink sink) {
    this.nanos = nanos;
    this.sink = sink;
  }

  /** Whether anybody wants to know. */
  public boolean isOn() {
    return sink != null;
  }

  /**
   * Writes an event down.
   *
   * @param node id of the node at which it happened; 0 if it happened at none
   * @return the number of the event, by which later ones refer to it; 0 if the trace is off
   */
  public synchronized long add(long node, TraceEvent event) {
    if (sink == null) {
      return 0;
    }
    sink.take(new TraceRecord(++count, nanos.getAsLong(), node, event));
    return count;
  }
}
