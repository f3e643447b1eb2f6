package dev.jangada.raft;

import java.util.List;

/**
 * What a node's log was found to be when it was opened: enough to answer for the term of every
 * entry without reading one.
 *
 * @param termStarts identity of the first entry of each run of entries with the same term,
 *     ascending, the first at index 1; empty for an empty log
 * @param last identity of the last entry, {@link EntryId#NONE} for an empty log
 * @param reader reads the entries themselves
 */
public record RecoveredLog(List<EntryId> termStarts, EntryId last, EntryReader reader) {

  public RecoveredLog {
    termStarts = List.copyOf(termStarts);
    EntryId before = EntryId.NONE;
    for (EntryId start : termStarts) {
      if (start.index() <= before.index() || start.term() <= before.term()) {
        throw new IllegalArgumentException("term starts " + termStarts + " do not ascend");
      }
      before = start;
    }
    boolean consistent =
        termStarts.isEmpty()
            ? last.equals(EntryId.NONE)
            : termStarts.getFirst().index() == 1
                && last.index() >= before.index()
                && last.term() == before.term();
    if (!consistent) {
      throw new IllegalArgumentException(
          "a log with term starts " + termStarts + " cannot end at " + last);
    }
  }

  /** The log of a node that has never run. */
  public static RecoveredLog empty(EntryReader reader) {
    return new RecoveredLog(List.of(), EntryId.NONE, reader);
  }
}
