package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the stream says up to some place: the hard state, and which entries the log has. It is built
 * in the same way from records being written and from records read back, and judges both by the
 * same rules. Not thread-safe.
 */
final class LogState {

  private HardState hardState = HardState.INITIAL;
  private long lastIndex;
  private long lastTerm;

  /** Identity of the first entry of each run of entries of one term. */
  private final List<EntryId> termStarts = new ArrayList<>();

  HardState hardState() {
    return hardState;
  }

  long lastIndex() {
    return lastIndex;
  }

  EntryId last() {
    return lastIndex == 0 ? EntryId.NONE : new EntryId(lastIndex, lastTerm);
  }

  List<EntryId> termStarts() {
    return List.copyOf(termStarts);
  }

  /** Why the hard state cannot follow the present one; null if it can. */
  @Nullable String objection(HardState next) {
    if (next.term() < hardState.term()) {
      return "term " + next.term() + " after term " + hardState.term();
    }
    if (next.term() == hardState.term()
        && next.vote() != hardState.vote()
        && hardState.vote() != HardState.NO_VOTE) {
      return "a second vote in term " + next.term();
    }
    return null;
  }

  /** Why an entry cannot come next; null if it can. */
  @Nullable String objection(long index, long term) {
    if (index > lastIndex + 1) {
      return "entry " + index + " after entry " + lastIndex;
    }
    return objection(index, term, term(index - 1), hardState.term());
  }

  /**
   * Why an entry cannot follow an entry of a term in the log of a node that knows a term; null if
   * it can. An entry of a later term than the node's would have become durable before that term,
   * and a node that forgot the term could vote in it twice.
   */
  static @Nullable String objection(long index, long term, long previousTerm, long knownTerm) {
    if (term < previousTerm) {
      return "entry " + index + " of term " + term + " after an entry of term " + previousTerm;
    }
    if (term > knownTerm) {
      return "entry " + index + " of term " + term + " before the hard state of that term";
    }
    return null;
  }

  void apply(HardState next) {
    hardState = next;
  }

  /** Puts an entry at an index that is at most one past the end. */
  void apply(long index, long term) {
    if (index <= lastIndex) {
      while (!termStarts.isEmpty() && termStarts.getLast().index() >= index) {
        termStarts.removeLast();
      }
    }
    if (termStarts.isEmpty() || termStarts.getLast().term() != term) {
      termStarts.add(new EntryId(index, term));
    }
    lastIndex = index;
    lastTerm = term;
  }

  /** The term of the entry at an index up to the last; 0 at index 0. */
  long term(long index) {
    if (index == lastIndex) {
      return lastTerm;
    }
    int low = 0;
    int high = termStarts.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (termStarts.get(middle).index() <= index) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high < 0 ? 0 : termStarts.get(high).term();
  }
}
