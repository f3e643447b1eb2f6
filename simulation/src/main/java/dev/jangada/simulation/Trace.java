package dev.jangada.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happened, line by line. Off by default: the seed of a run that failed tells it all again
 * with the trace on, the same to the byte.
 */
final class Trace {

  private final EventQueue time;
  private final @Nullable Appendable out;

  Trace(EventQueue time, @Nullable Appendable out) {
    this.time = time;
    this.out = out;
  }

  /**
   * Writes a line.
   *
   * @param who a node's name, or what else acts
   * @param what evaluated only if the trace is on
   */
  void add(String who, Supplier<String> what) {
    if (out == null) {
      return;
    }
    long micros = time.now() / 1_000;
    try {
      out.append(
          String.format(
              Locale.ROOT,
              "%4d.%06d %-6s %s%n",
              micros / 1_000_000,
              micros % 1_000_000,
              who,
              what.get()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
