package dev.jangada.storage;

import dev.jangada.raft.Configuration;
import dev.jangada.raft.Configurations;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
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
  private EntryId base = EntryId.NONE;
  private final Configurations configurations = new Configurations();
  private long lastIndex;
  private long lastTerm;

  /**
   * Entries after the base up to this index were written in segments that are not there. So they
   * must have been discarded or replaced by the end of the log.
   */
  private long unseen;

  /** Identity of the first entry of each run of entries of one term, after the base. */
  private final List<EntryId> termStarts = new ArrayList<>();

  /** Goes on from what the header of the first segment that is there tells of those before it. */
  void beginAt(SegmentHeader header) {
    hardState = header.hardState();
    base = header.base();
    configurations.restored(base.index(), header.baseMembership());
    lastIndex = header.last().index();
    lastTerm = header.last().term();
    unseen = lastIndex;
  }

  /** Whether some entry of the log was written in a segment that is not there. */
  boolean isIncomplete() {
    return unseen > base.index();
  }

  /** Identity of the last entry that was discarded: the log's entries are those after it. */
  EntryId base() {
    return base;
  }

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

  /** The configurations in the log, and the one in force at its base. */
  List<Configuration> configurations() {
    return configurations.all();
  }

  /** The configuration in force after an entry, or at the base; null if there is none. */
  @Nullable Membership membershipAt(long index) {
    Configuration configuration = configurations.at(index);
    return configuration == null ? null : configuration.membership();
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
    if (index <= base.index() || index > lastIndex + 1) {
      return "entry " + index + " in a log of entries after " + base + " up to " + lastIndex;
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

  /** Why the entries up to one cannot be discarded; null if they can. */
  @Nullable String objectionToDiscard(EntryId upTo) {
    if (upTo.index() <= base.index() || upTo.index() > lastIndex) {
      return "discard up to " + upTo + " in a log of entries after " + base + " up to " + lastIndex;
    }
    boolean seen = upTo.index() > unseen || upTo.index() == lastIndex;
    return seen && term(upTo.index()) != upTo.term()
        ? "discard up to " + upTo + ", an entry of term " + term(upTo.index())
        : null;
  }

  /** Why the log cannot begin anew after an entry; null if it can. */
  @Nullable String objectionToReset(EntryId next) {
    if (next.index() < base.index() || next.term() < base.term()) {
      return "reset to " + next + " after " + base;
    }
    return next.term() > hardState.term()
        ? "reset to " + next + " before the hard state of that term"
        : null;
  }

  void apply(HardState next) {
    hardState = next;
  }

  /**
   * Puts an entry at an index that is at most one past the end.
   *
   * @param configuration what it holds, null if it holds something else
   */
  void apply(long index, long term, @Nullable Membership configuration) {
    if (index <= lastIndex) {
      configurations.truncatedFrom(index);
      unseen = Math.min(unseen, index - 1);
      while (!termStarts.isEmpty() && termStarts.getLast().index() >= index) {
        termStarts.removeLast();
      }
    }
    if (termStarts.isEmpty() || termStarts.getLast().term() != term) {
      termStarts.add(new EntryId(index, term));
    }
    lastIndex = index;
    lastTerm = term;
    if (configuration != null) {
      configurations.appended(index, configuration);
    }
  }

  /**
   * Forgets the entries up to one.
   *
   * @param membership the configuration in force at that one, which this may not have seen; null if
   *     there has never been one
   */
  void discard(EntryId upTo, @Nullable Membership membership) {
    base = upTo;
    List<Configuration> later =
        configurations.all().stream().filter(each -> each.index() > upTo.index()).toList();
    configurations.restored(upTo.index(), membership);
    later.forEach(each -> configurations.appended(each.index(), each.membership()));
    long first = upTo.index() + 1;
    int runs = 0;
    while (runs < termStarts.size() && termStarts.get(runs).index() <= first) {
      runs++;
    }
    if (runs > 0) {
      EntryId start = new EntryId(first, termStarts.get(runs - 1).term());
      termStarts.subList(0, runs).clear();
      if (first <= lastIndex) {
        termStarts.addFirst(start);
      }
    }
  }

  /** Forgets all entries; the next one will follow the given one. */
  void reset(EntryId next, @Nullable Membership membership) {
    termStarts.clear();
    configurations.restored(next.index(), membership);
    base = next;
    lastIndex = next.index();
    lastTerm = next.term();
    unseen = 0;
  }

  /** The term of the entry at an index from the base to the last; 0 if it is not known. */
  long term(long index) {
    if (index == lastIndex) {
      return lastTerm;
    }
    if (index == base.index()) {
      return base.term();
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
