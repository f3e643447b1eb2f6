package dev.jangada.simulation;

import dev.jangada.node.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.HardState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a log holds after some writes: the same as the log itself, but trivially right. For a {@link
 * Property} to look at.
 */
public final class LogImage {

  private final List<Entry> entries = new ArrayList<>();
  private HardState hardState = HardState.INITIAL;

  void apply(LogWriter.Write write) {
    HardState newState = write.hardState();
    if (newState != null) {
      hardState = newState;
    }
    if (!write.entries().isEmpty()) {
      int kept = (int) write.entries().getFirst().index() - 1;
      entries.subList(kept, entries.size()).clear();
      entries.addAll(write.entries());
    }
  }

  /** Starts over with what a log was found to hold. */
  void reset(HardState newState, List<Entry> newEntries) {
    hardState = newState;
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

  /** Index of the last entry, 0 if there is none. */
  public long last() {
    return entries.size();
  }

  /** The entry at an index, null if there is none. */
  public @Nullable Entry get(long index) {
    return index < 1 || index > entries.size() ? null : entries.get((int) index - 1);
  }

  /** The term at an index; 0 before the first entry, -1 past the last. */
  public long term(long index) {
    if (index == 0) {
      return 0;
    }
    Entry entry = get(index);
    return entry == null ? -1 : entry.term();
  }
}
