package dev.jangada.simulation.trace;

import dev.jangada.raft.Entry;
import java.util.ArrayList;
import java.util.List;

/**
 * Successive entries of a log that have the same term.
 *
 * @param first index of the first one, at least 1
 * @param last index of the last one, at least {@code first}
 * @param term their term, at least 1
 */
public record TermRun(long first, long last, long term) {

  /** Checks that there is at least one entry. */
  public TermRun {
    if (first < 1 || last < first || term < 1) {
      throw new IllegalArgumentException(first + " to " + last + " in term " + term);
    }
  }

  /** The runs that some contiguous entries consist of; none if there is no entry. */
  public static List<TermRun> of(List<Entry> entries) {
    List<TermRun> runs = new ArrayList<>();
    int from = 0;
    for (int i = 1; i <= entries.size(); i++) {
      if (i == entries.size() || entries.get(i).term() != entries.get(from).term()) {
        Entry first = entries.get(from);
        runs.add(new TermRun(first.index(), entries.get(i - 1).index(), first.term()));
        from = i;
      }
    }
    return List.copyOf(runs);
  }
}
