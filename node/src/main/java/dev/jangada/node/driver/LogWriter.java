package dev.jangada.node.driver;

import dev.jangada.raft.Entry;
import dev.jangada.raft.HardState;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.storage.DiskFailureException;
import dev.jangada.storage.WriteAheadLog;
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
   * What is to be written, in this order.
   *
   * @param number 1 for a driver's first write, one more for each next
   * @param hardState term and vote, to be durable no later than the entries; null when unchanged
   * @param entries contiguous; the first replaces whatever the log has from its index on
   * @param discardUpTo entries up to this index may be forgotten; 0 for none
   * @param reset the log becomes empty, and goes on after this snapshot; null if it does not
   */
  record Write(
      long number,
      @Nullable HardState hardState,
      List<Entry> entries,
      long discardUpTo,
      @Nullable SnapshotMetadata reset) {

    /** A write of term, vote and entries. */
    public Write(long number, @Nullable HardState hardState, List<Entry> entries) {
      this(number, hardState, entries, 0, null);
    }

    /**
     * Gives this to a log, which has it durably after its next {@link WriteAheadLog#sync()}.
     *
     * @throws DiskFailureException if the disk fails
     */
    public void writeTo(WriteAheadLog log) {
      if (hardState != null || !entries.isEmpty()) {
        log.append(hardState, entries);
      }
      if (discardUpTo > 0) {
        log.discardUpTo(discardUpTo);
      }
      if (reset != null) {
        log.reset(reset.last(), reset.membership());
      }
    }
  }
}
