package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a log holds after some writes: the same as the log itself, but trivially right. For a {@link
 * Property} to look at.
 */
public final class LogImage {

  /** The entries after the base. */
  private final List<Entry> entries = new ArrayList<>();

  private EntryId base = EntryId.NONE;
  private HardState hardState = HardState.INITIAL;

  void apply(LogWriter.Write write) {
    HardState newState = write.hardState();
    if (newState != null) {
      hardState = newState;
    }
    if (!write.entries().isEmpty()) {
      int kept = (int) (write.entries().getFirst().index() - 1 - base.index());
      if (kept < entries.size()) {
        entries.subList(kept, entries.size()).clear();
      }
      entries.addAll(write.entries());
    }
    if (write.discardUpTo() > base.index()) {
      discardUpTo(write.discardUpTo());
    }
    SnapshotMetadata reset = write.reset();
    if (reset != null) {
      entries.clear();
      base = reset.last();
    }
  }

  private void discardUpTo(long index) {
    List<Entry> discarded = entries.subList(0, (int) (index - base.index()));
    base = discarded.getLast().id();
    discarded.clear();
  }

  /** Starts over with what a log was found to hold. */
  void reset(HardState newState, EntryId newBase, List<Entry> newEntries) {
    hardState = newState;
    base = newBase;
    entries.clear();
    entries.addAll(newEntries);
  }

  /** A copy of all entries. */
  public List<Entry> all() {
    return List.copyOf(entries);
  }

  /** Term and vote. */
  public HardState hardState() {
    return hardState;
  }

  /**
   * The last entry that was dropped from the beginning, because what it did is durable elsewhere;
   * {@link EntryId#NONE} if none was.
   */
  public EntryId base() {
    return base;
  }

  /** Index of the last entry, that of the base if there is none. */
  public long last() {
    return base.index() + entries.size();
  }

  /** The entry at an index, null if there is none, or none any more. */
  public @Nullable Entry get(long index) {
    return index <= base.index() || index > last()
        ? null
        : entries.get((int) (index - base.index() - 1));
  }

  /** The term at an index; 0 before the first entry, -1 before the base and past the last. */
  public long term(long index) {
    if (index == base.index()) {
      return base.term();
    }
    Entry entry = get(index);
    return entry == null ? -1 : entry.term();
  }
}
