package dev.jangada.node;

import dev.jangada.raft.Entry;
import dev.jangada.raft.HardState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a driver's log durable. The port between a {@link RaftDriver} and its disk. */
@FunctionalInterface
public interface LogWriter {

  /**
   * Begins a write, to be made after all earlier ones, and returns at once. When it and all earlier
   * ones are durable, {@link RaftDriver#written} is called: later, never from within this method.
   * If a write fails, nothing is reported any more and the node is at its end.
   */
  void write(Write write);

  /**
   * What is to be written.
   *
   * @param number 1 for a driver's first write, one more for each next
   * @param hardState term and vote, to be durable no later than the entries; null when unchanged
   * @param entries contiguous; the first replaces whatever the log has from its index on; may be
   *     empty if there is a hard state
   */
  record Write(long number, @Nullable HardState hardState, List<Entry> entries) {}
}
