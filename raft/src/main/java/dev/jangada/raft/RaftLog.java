package dev.jangada.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log as the core sees it: a recent suffix in memory, the rest read back on demand, and the six
 * positions that tell what has become of each entry.
 *
 * <pre>
 *   base ... applied ... applying ... committed ............... last
 *                            durable ........ handedOut ....... last
 * </pre>
 *
 * <p>{@code base}: cut off up to here, only the identity of this entry is kept. {@code applied}:
 * the state machine said so. {@code applying}: handed out to be applied. {@code committed}: never
 * to be changed. {@code durable}: on this node's disk. {@code handedOut}: given to be written. An
 * entry is applied only when it is both committed and durable here, so that a state machine never
 * knows more than this node's own log after a crash.
 *
 * <p>Everything not yet both durable and handed out to be applied is in memory; beyond that, as
 * much as {@code maxCachedBytes} allows, because slow followers usually lack only the most recent.
 */
final class RaftLog {
  private final TermRuns terms;
  private final Configurations configurations;
  private final EntryReader reader;
  private final long maxCachedBytes;

  /** Entries from {@code cachedFrom} to the last. */
  private final ArrayList<Entry> cached = new ArrayList<>();

  private long cachedFrom;
  private long cachedBytes;

  private EntryId base;
  private long last;
  private long handedOut;
  private long durable;
  private long committed;
  private long applying;
  private long applied;

  /**
   * Takes over what was found.
   *
   * @param initial the configuration in force where the log does not tell of another one
   */
  RaftLog(RecoveredLog recovered, Membership initial, long applied, long maxCachedBytes) {
    Invariant.check(
        applied <= recovered.last().index(),
        "the state machine has applied index %s, but the log ends at %s: was the log deleted or"
            + " exchanged?",
        applied,
        recovered.last().index());
    Invariant.check(
        applied >= recovered.base().index(),
        "the state machine has applied index %s, but the log was cut off after %s: was the state"
            + " deleted or exchanged? Restore a snapshot of it that is not older than that, or let"
            + " this node join anew under a new id",
        applied,
        recovered.base());
    this.terms = new TermRuns(recovered.base(), recovered.termStarts());
    this.configurations = new Configurations(recovered.configurations());
    if (configurations.at(recovered.base().index()) == null) {
      configurations.restored(0, initial);
      for (Configuration found : recovered.configurations()) {
        configurations.appended(found.index(), found.membership());
      }
    }
    this.base = recovered.base();
    this.reader = recovered.reader();
    this.maxCachedBytes = maxCachedBytes;
    this.last = recovered.last().index();
    this.cachedFrom = last + 1;
    this.handedOut = last;
    this.durable = last;
    this.committed = applied;
    this.applying = applied;
    this.applied = applied;
  }

  /** What was cut off from the beginning: entries up to this one, of which the term is known. */
  EntryId base() {
    return base;
  }

  long last() {
    return last;
  }

  long lastTerm() {
    return term(last);
  }

  EntryId lastId() {
    return id(last);
  }

  long durable() {
    return durable;
  }

  long committed() {
    return committed;
  }

  long applied() {
    return applied;
  }

  /** The term of an entry from the base on, 0 for index 0. */
  long term(long index) {
    Invariant.check(
        index >= base.index() && index <= last,
        "the log goes from %s to %s and has no entry %s",
        base.index(),
        last,
        index);
    return index == base.index() ? base.term() : terms.term(index);
  }

  EntryId id(long index) {
    return index == base.index() ? base : new EntryId(index, term(index));
  }

  /** The configuration in force: the latest in the log, committed or not. */
  Configuration configuration() {
    return present(configurations.latest());
  }

  Membership membership() {
    return configuration().membership();
  }

  /** The configuration in force after an entry, from the base on. */
  Membership membershipAt(long index) {
    return present(configurations.at(index)).membership();
  }

  /**
   * Whether a node votes in the latest configuration that is known to be committed, or in one after
   * that. One that votes in an earlier one only may still be needed: if nobody else has the entry
   * that takes its vote away, then nobody else can be elected (dissertation, section 4.2.2).
   */
  boolean maybeVoter(long id) {
    long from = present(configurations.at(committed)).index();
    for (Configuration configuration : configurations.all()) {
      if (configuration.index() >= from && configuration.membership().isVoter(id)) {
        return true;
      }
    }
    return false;
  }

  private static Configuration present(@Nullable Configuration configuration) {
    if (configuration == null) {
      throw new InvariantViolation("there is a configuration from the beginning of the log on");
    }
    return configuration;
  }

  /** The weight of an entry that is still in memory, as every uncommitted one is. */
  long weight(long index) {
    return cached.get((int) (index - cachedFrom)).weight();
  }

  /**
   * Where a leader is to look next when its entry at an index is not here (paper, end of section
   * 5.3): at the first entry of the term that is there instead, or at the end of the log.
   */
  long conflictIndex(long index) {
    return index > last ? last + 1 : Math.max(firstOfSameTerm(index), base.index() + 1);
  }

  /** From where on a follower that names a conflict may need entries, as far as that tells. */
  long guess(long conflictTerm, long conflictIndex) {
    // The follower's last entry before the conflict that the leader could have, too.
    long lastOfConflictTerm = conflictTerm == 0 ? 0 : lastOfTerm(conflictTerm);
    return lastOfConflictTerm == 0 ? conflictIndex : lastOfConflictTerm + 1;
  }

  /** Whether this log, from its base on, has exactly this entry. */
  boolean has(EntryId id) {
    return id.index() >= base.index() && id.index() <= last && term(id.index()) == id.term();
  }

  /** The first index, from the base on, with the same term as this one. */
  long firstOfSameTerm(long index) {
    return terms.firstOfSameTerm(index);
  }

  /** The last index, from the base on, with this term, 0 if there is none. */
  long lastOfTerm(long term) {
    return terms.lastOfTerm(term, last);
  }

  /** Adds an entry at the end. */
  void append(Entry entry) {
    Invariant.check(
        entry.index() == last + 1, "entry %s does not follow the last, %s", entry.index(), last);
    terms.appended(entry.index(), entry.term());
    if (entry.type() == EntryType.CONFIGURATION) {
      Membership next = entry.membership();
      String objection = Reconfiguration.objection(membership(), next);
      Invariant.check(objection == null, "entry %s: %s", entry.id(), objection);
      configurations.appended(entry.index(), next);
    }
    cached.add(entry);
    cachedBytes += entry.weight();
    last = entry.index();
  }

  /**
   * Takes a leader's entries: skips those it has, removes its own from the first that conflicts,
   * and only then appends what is missing (paper, Figure 2, AppendEntries 3 and 4). An older or
   * repeated request therefore never removes an entry that matches. What lies before the base is
   * committed, so the leader has the same.
   *
   * @param entries contiguous, their predecessor known to match
   */
  void reconcile(List<Entry> entries) {
    for (Entry entry : entries) {
      if (entry.index() < base.index()) {
        continue;
      }
      if (entry.index() <= last) {
        if (term(entry.index()) == entry.term()) {
          continue;
        }
        truncateFrom(entry.index());
      }
      append(entry);
    }
  }

  private void truncateFrom(long index) {
    Invariant.check(
        index > committed,
        "the leader wants entry %s replaced, but everything up to %s is committed",
        index,
        committed);
    if (index >= cachedFrom) {
      List<Entry> removed = cached.subList((int) (index - cachedFrom), cached.size());
      for (Entry entry : removed) {
        cachedBytes -= entry.weight();
      }
      removed.clear();
    } else {
      cached.clear();
      cachedBytes = 0;
      cachedFrom = index;
    }
    terms.truncatedFrom(index);
    configurations.truncatedFrom(index);
    last = index - 1;
    // What replaces the removed entries has to be written again, and nothing that was said about
    // the writing of the removed ones speaks for it.
    handedOut = Math.min(handedOut, last);
    durable = Math.min(durable, last);
  }

  /** Whether entries wait to be written. */
  boolean hasUnwritten() {
    return handedOut < last;
  }

  /** Hands out the entries to be written, each once. */
  List<Entry> takeUnwritten() {
    if (!hasUnwritten()) {
      return List.of();
    }
    List<Entry> unwritten =
        List.copyOf(cached.subList((int) (handedOut + 1 - cachedFrom), cached.size()));
    handedOut = last;
    return unwritten;
  }

  /**
   * Notes that everything up to an entry is on disk, if that entry is still part of the log.
   *
   * @return whether the durable index has advanced
   */
  boolean persisted(EntryId id) {
    Invariant.check(
        id.index() <= Math.max(handedOut, durable) || !has(id),
        "entry %s is said to be durable, but only entries up to %s were handed out",
        id,
        handedOut);
    if (id.index() <= durable || !has(id)) {
      return false;
    }
    durable = id.index();
    evict();
    return true;
  }

  /** Advances the commit index; it never goes back. */
  void commit(long index) {
    Invariant.check(
        index >= committed && index <= last,
        "commit index cannot go from %s to %s in a log that ends at %s",
        committed,
        index,
        last);
    committed = index;
  }

  boolean hasUnapplied() {
    return applying < Math.min(committed, durable);
  }

  /** Hands out entries to be applied, each once. */
  List<Entry> takeUnapplied(long maxBytes) {
    if (!hasUnapplied()) {
      return List.of();
    }
    List<Entry> entries = read(applying + 1, Math.min(committed, durable) + 1, maxBytes);
    applying = entries.getLast().index();
    evict();
    return entries;
  }

  void applied(long index) {
    Invariant.check(
        index >= applied && index <= applying,
        "index %s is said to be applied after %s, but only entries up to %s were handed out",
        index,
        applied,
        applying);
    applied = index;
  }

  /** Cuts off the beginning, up to an entry that is applied and durable. */
  void compactTo(long index) {
    Invariant.check(
        index >= base.index() && index <= Math.min(applied, durable),
        "the log cannot be cut off at %s: it begins after %s, is applied up to %s and durable up to"
            + " %s",
        index,
        base,
        applied,
        durable);
    if (index == base.index()) {
      return;
    }
    base = id(index);
    terms.compactedTo(index);
    configurations.compactedTo(index);
    if (index >= cachedFrom) {
      dropFirstCached((int) (index + 1 - cachedFrom));
    }
  }

  /**
   * Replaces everything by a snapshot: the log is empty after its last entry, up to which all is
   * durable and applied.
   */
  void restore(EntryId snapshot, Membership membership) {
    Invariant.check(
        snapshot.index() > committed,
        "snapshot %s is installed, but everything up to %s is committed",
        snapshot,
        committed);
    base = snapshot;
    terms.restored(snapshot);
    // What this log held of configurations is superseded, committed or not (openraft#1808).
    configurations.restored(snapshot.index(), membership);
    cached.clear();
    cachedBytes = 0;
    cachedFrom = snapshot.index() + 1;
    last = snapshot.index();
    handedOut = last;
    durable = last;
    committed = last;
    applying = last;
    applied = last;
  }

  /**
   * Entries for a follower.
   *
   * @param from past the base and no further than the end
   * @return at least one, from {@code from} on, up to the end or up to {@code maxBytes}
   */
  List<Entry> from(long from, long maxBytes) {
    return read(from, last + 1, maxBytes);
  }

  private List<Entry> read(long from, long to, long maxBytes) {
    Invariant.check(
        from > base.index(), "entry %s is asked for, but the log begins after %s", from, base);
    if (from < cachedFrom) {
      List<Entry> entries = reader.read(from, Math.min(to, cachedFrom), maxBytes);
      Invariant.check(
          !entries.isEmpty() && entries.getFirst().index() == from,
          "the log was asked for entry %s and did not return it",
          from);
      return entries;
    }
    long bytes = 0;
    int begin = (int) (from - cachedFrom);
    int end = begin;
    int limit = (int) (to - cachedFrom);
    while (end < limit) {
      bytes += cached.get(end).weight();
      if (bytes > maxBytes && end > begin) {
        break;
      }
      end++;
    }
    return List.copyOf(cached.subList(begin, end));
  }

  /**
   * Drops the oldest entries in memory once they are too many; a quarter at a time, for removal
   * costs.
   */
  private void evict() {
    if (cachedBytes <= maxCachedBytes) {
      return;
    }
    long evictable = Math.min(durable, applying);
    long bytes = cachedBytes;
    int count = 0;
    while (bytes > maxCachedBytes / 4 * 3 && cachedFrom + count <= evictable) {
      bytes -= cached.get(count).weight();
      count++;
    }
    dropFirstCached(count);
  }

  private void dropFirstCached(int count) {
    List<Entry> dropped = cached.subList(0, count);
    for (Entry entry : dropped) {
      cachedBytes -= entry.weight();
    }
    dropped.clear();
    cachedFrom += count;
  }
}
