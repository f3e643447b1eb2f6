package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.simulation.trace.TermRun;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.storage.WriteAheadLog;
import java.util.ArrayList;
import java.util.List;

/** Writes into the trace what becomes of the log of a process. Used only if the trace is on. */
final class LogTracer {

  private final Trace trace;
  private final long id;
  private final WriteAheadLog wal;

  /** Term and vote, and the index of the last entry, that were asked to be written last. */
  private HardState hardState;

  private long last;

  /** The index of the last entry that is durable, unless a write under way replaces it. */
  private long durable;

  private long committed;

  LogTracer(Trace trace, long id, WriteAheadLog wal) {
    this.trace = trace;
    this.id = id;
    this.wal = wal;
    this.hardState = wal.hardState();
    this.last = wal.last().index();
    this.durable = last;
  }

  /** The process begins with what it found. */
  void started(long applied) {
    trace.add(
        id,
        new TraceEvent.Started(hardState.term(), hardState.vote(), wal.base(), runs(), applied));
  }

  private List<TermRun> runs() {
    List<EntryId> starts = wal.termStarts();
    List<TermRun> runs = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      long end = i + 1 < starts.size() ? starts.get(i + 1).index() - 1 : last;
      runs.add(new TermRun(starts.get(i).index(), end, starts.get(i).term()));
    }
    return runs;
  }

  /** The process asks for a write. */
  void writing(LogWriter.Write write) {
    HardState newState = write.hardState();
    if (newState != null) {
      if (newState.vote() != HardState.NO_VOTE && !newState.equals(hardState)) {
        trace.add(id, new TraceEvent.Voted(newState.term(), newState.vote()));
      }
      hardState = newState;
    }
    if (!write.entries().isEmpty()) {
      long first = write.entries().getFirst().index();
      if (first <= last) {
        trace.add(id, new TraceEvent.Truncated(first, last));
      }
      long bytes = write.entries().stream().mapToLong(entry -> entry.data().length).sum();
      trace.add(id, new TraceEvent.Appended(TermRun.of(write.entries()), bytes));
      last = write.entries().getLast().index();
    }
    if (write.discardUpTo() > 0) {
      // Only what is durable, and so is in the log by now, is ever dropped.
      trace.add(id, new TraceEvent.Compacted(idOf(write.discardUpTo())));
    }
    SnapshotMetadata reset = write.reset();
    if (reset != null) {
      last = reset.last().index();
    }
  }

  private EntryId idOf(long index) {
    long term = wal.base().term();
    for (EntryId start : wal.termStarts()) {
      if (start.index() <= index) {
        term = start.term();
      }
    }
    return new EntryId(index, term);
  }

  /** Writes are durable; others that were asked for since are not yet. */
  void synced(List<LogWriter.Write> writes, List<LogWriter.Write> open) {
    for (LogWriter.Write write : writes) {
      if (!write.entries().isEmpty()) {
        durable = write.entries().getLast().index();
      }
      SnapshotMetadata reset = write.reset();
      if (reset != null) {
        durable = reset.last().index();
      }
    }
    long lasting = durable;
    for (LogWriter.Write write : open) {
      if (!write.entries().isEmpty()) {
        lasting = Math.min(lasting, write.entries().getFirst().index() - 1);
      }
    }
    trace.add(id, new TraceEvent.Synced(lasting));
  }

  /** The process has done what followed from all events so far. */
  void turned(RaftStatus status) {
    if (status.committed() > committed) {
      committed = status.committed();
      trace.add(id, new TraceEvent.Committed(committed));
    }
  }
}
