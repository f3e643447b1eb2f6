package dev.jangada.raft;

import java.util.List;

/**
 * What a node's log was found to be when it was opened: enough to answer for the term of every
 * entry without reading one.
 *
 * @param base identity of the last entry that was cut off from the beginning of the log; {@link
 *     EntryId#NONE} if none was
 * @param termStarts identity of the first entry of each run of entries with the same term,
 *     ascending, the first at the index after {@code base}; empty if there is no entry
 * @param last identity of the last entry; {@code base} if there is none
 * @param configurations those that the log's entries hold, ascending, and before them the one that
 *     was in force at {@code base}, if one is known; empty as long as there was never another one
 *     than the cluster began with
 * @param reader reads the entries themselves
 */
public record RecoveredLog(
    EntryId base,
    List<EntryId> termStarts,
    EntryId last,
    List<Configuration> configurations,
    EntryReader reader) {

  public RecoveredLog {
    termStarts = List.copyOf(termStarts);
    configurations = List.copyOf(configurations);
    if (!configurations.isEmpty() && configurations.getLast().index() > last.index()) {
      throw new IllegalArgumentException(
          "a log that ends at " + last + " cannot hold " + configurations.getLast());
    }
    if (!termStarts.isEmpty()
        && (termStarts.getFirst().index() != base.index() + 1
            || termStarts.getFirst().term() < base.term())) {
      throw new IllegalArgumentException(
          "a log cut off after " + base + " cannot begin with " + termStarts.getFirst());
    }
    EntryId before = EntryId.NONE;
    for (EntryId start : termStarts) {
      if (start.index() <= before.index() || start.term() <= before.term()) {
        throw new IllegalArgumentException("term starts " + termStarts + " do not ascend");
      }
      before = start;
    }
    boolean consistent =
        termStarts.isEmpty()
            ? last.equals(base)
            : last.index() >= before.index() && last.term() == before.term();
    if (!consistent) {
      throw new IllegalArgumentException(
          "a log after " + base + " with term starts " + termStarts + " cannot end at " + last);
    }
  }

  /** A log without configurations. */
  public RecoveredLog(EntryId base, List<EntryId> termStarts, EntryId last, EntryReader reader) {
    this(base, termStarts, last, List.of(), reader);
  }

  /** A log without configurations, of which nothing was cut off. */
  public RecoveredLog(List<EntryId> termStarts, EntryId last, EntryReader reader) {
    this(EntryId.NONE, termStarts, last, reader);
  }

  /** The log of a node that has never run. */
  public static RecoveredLog empty(EntryReader reader) {
    return new RecoveredLog(List.of(), EntryId.NONE, reader);
  }
}
