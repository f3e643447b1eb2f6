package dev.jangada.raft;

/**
 * The identity of a log entry: by the Log Matching Property two entries with the same index and
 * term are the same entry (paper, section 5.3).
 *
 * <p>Ordered as section 5.4.1 orders logs: by term first and by index second, so that the identity
 * of a log's last entry says which of two logs is more up to date.
 *
 * @param index position in the log, 1 for the first entry, 0 for the empty log's end
 * @param term term of the leader that created the entry, 0 only together with index 0
 */
public record EntryId(long index, long term) implements Comparable<EntryId> {

  /** What stands before the first entry of every log. */
  public static final EntryId NONE = new EntryId(0, 0);

  public EntryId {
    if (index < 0 || term < 0 || (index == 0) != (term == 0)) {
      throw new IllegalArgumentException("no entry can have index " + index + " and term " + term);
    }
  }

  /** Last term first, then last index: never the two independently. */
  @Override
  public int compareTo(EntryId other) {
    int byTerm = Long.compare(term, other.term);
    return byTerm != 0 ? byTerm : Long.compare(index, other.index);
  }

  @Override
  public String toString() {
    return index + "@" + term;
  }
}
