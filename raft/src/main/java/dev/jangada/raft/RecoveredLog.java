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
 * @param reader reads the entries themselves
 */
public record RecoveredLog(
    EntryId base, List<EntryId> termStarts, EntryId last, EntryReader reader) {

  public RecoveredLog {
    termStarts = List.copyOf(termStarts);
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

  /** A log of which nothing was cut off. */
  public RecoveredLog(List<EntryId> termStarts, EntryId last, EntryReader reader) {
    this(EntryId.NONE, termStarts, last, reader);
  }

  /** The log of a node that has never run. */
  public static RecoveredLog empty(EntryReader reader) {
    return new RecoveredLog(List.of(), EntryId.NONE, reader);
  }
}
