package dev.jangada.raft;

import java.util.Arrays;
import java.util.List;

/**
 * Which entries have which term, kept as the runs of equal terms that every Raft log consists of: a
 * few numbers for each leader there has been, instead of one for each entry. The last entry that
 * was cut off from the log's beginning counts as one that it has.
 */
final class TermRuns {
  private long[] starts;
  private long[] terms;
  private int size;

  TermRuns(EntryId base, List<EntryId> termStarts) {
    starts = new long[Math.max(8, termStarts.size() + 1)];
    terms = new long[starts.length];
    if (base.index() > 0) {
      appended(base.index(), base.term());
    }
    for (EntryId start : termStarts) {
      appended(start.index(), start.term());
    }
  }

  /** Notes the term of a new last entry. */
  void appended(long index, long term) {
    if (size > 0 && terms[size - 1] == term) {
      return;
    }
    Invariant.check(
        size == 0 || terms[size - 1] < term,
        "terms in a log never go back: entry %s has term %s after term %s",
        index,
        term,
        size == 0 ? 0 : terms[size - 1]);
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, 2 * size);
      terms = Arrays.copyOf(terms, 2 * size);
    }
    starts[size] = index;
    terms[size] = term;
    size++;
  }

  /** Forgets all entries from an index on. */
  void truncatedFrom(long index) {
    while (size > 0 && starts[size - 1] >= index) {
      size--;
    }
  }

  /** Forgets all entries before one that the log has. */
  void compactedTo(long index) {
    int first = run(index);
    System.arraycopy(starts, first, starts, 0, size - first);
    System.arraycopy(terms, first, terms, 0, size - first);
    size -= first;
    starts[0] = index;
  }

  /** Forgets everything; what follows comes after this entry. */
  void restored(EntryId base) {
    size = 0;
    appended(base.index(), base.term());
  }

  /** The term of an entry that the log has. */
  long term(long index) {
    return terms[run(index)];
  }

  /** The first index whose entry has the same term as this one. */
  long firstOfSameTerm(long index) {
    return starts[run(index)];
  }

  /**
   * The last index with this term.
   *
   * @param last index of the log's last entry
   * @return 0 if no entry has this term
   */
  long lastOfTerm(long term, long last) {
    int run = Arrays.binarySearch(terms, 0, size, term);
    if (run < 0) {
      return 0;
    }
    return run + 1 < size ? starts[run + 1] - 1 : last;
  }

  private int run(long index) {
    if (size > 0 && index >= starts[size - 1]) {
      // As most questions are about the newest entries.
      return size - 1;
    }
    int found = Arrays.binarySearch(starts, 0, size, index);
    int run = found >= 0 ? found : -found - 2;
    Invariant.check(run >= 0, "the log has no entry %s", index);
    return run;
  }
}
