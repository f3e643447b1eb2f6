package dev.jangada.storage;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryReader;
import dev.jangada.raft.HardState;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The durable log of a node: its term and vote, and its entries, in one stream. */
@SuppressWarnings("DoNotCallSuggester") // The contract comes first, its implementation next.
public final class WriteAheadLog implements EntryReader, AutoCloseable {

  private WriteAheadLog() {}

  /**
   * Opens the log on a disk, or begins one on an empty disk.
   *
   * @throws CorruptLogException if the log is damaged anywhere but at its torn end
   * @throws ForeignLogException if it belongs to another cluster or node
   * @throws IOException if the disk fails
   */
  public static WriteAheadLog open(Disk disk, WalConfig config) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Term and vote as of the latest {@link #append}. */
  public HardState hardState() {
    throw new UnsupportedOperationException();
  }

  /** Identity of the last entry as of the latest {@link #append}; {@link EntryId#NONE} if empty. */
  public EntryId last() {
    throw new UnsupportedOperationException();
  }

  /**
   * The first entry of each run of entries of one term, in ascending order: with {@link #last()}
   * all that is needed to tell the term at every index.
   */
  public List<EntryId> termStarts() {
    throw new UnsupportedOperationException();
  }

  /**
   * Adds to the log, not durably yet. The hard state comes before the entries.
   *
   * @param hardState new term and vote, null when unchanged
   * @param entries contiguous; the first replaces whatever the log holds from its index on
   * @throws DiskFailureException if the disk fails, and ever after
   */
  public void append(@Nullable HardState hardState, List<Entry> entries) {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes all that was appended durable.
   *
   * @throws DiskFailureException if the disk fails, and ever after
   */
  public void sync() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Entry> read(long from, long to, long maxBytes) {
    throw new UnsupportedOperationException();
  }

  /** What this log has done since it was opened. */
  public WalStatistics statistics() {
    throw new UnsupportedOperationException();
  }

  /** Makes all that was appended durable and closes the log's files. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
