package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.Membership;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one node takes for committed is durable on a majority of the configuration by which it was
 * committed, is what every other node takes for committed at that index, and is in the log of every
 * later leader (paper, figure 3: leader completeness and state machine safety).
 */
final class CommittedNeverLost implements Property {

  /** An entry, and the term of the node that first took it for committed. */
  private record Committed(Entry entry, long inTerm) {}

  private final List<? extends ObservedNode> nodes;
  private final List<Committed> committed = new ArrayList<>();

  /** By node: how far its commit index was looked at since it started. */
  private final long[] lookedAt;

  /** By node: the last term in which it was seen as leader. */
  private final long[] ledIn;

  /** By node: the configuration it went by when it was last looked at, null unless it led then. */
  private final @Nullable Membership[] ledWith;

  /** The configurations that are committed, by index. */
  private final TreeMap<Long, Membership> memberships = new TreeMap<>();

  /** All that are or were in a log. */
  private final Set<Membership> written = new LinkedHashSet<>();

  CommittedNeverLost(List<? extends ObservedNode> nodes, int size, Membership initial) {
    this.nodes = nodes;
    this.lookedAt = new long[size + 1];
    this.ledIn = new long[size + 1];
    this.ledWith = new @Nullable Membership[size + 1];
    this.memberships.put(0L, initial);
    this.written.add(initial);
  }

  /** How many entries are committed. */
  long size() {
    return committed.size();
  }

  /** The term of the last of them; 0 if there is none. */
  long term() {
    return committed.isEmpty() ? 0 : committed.getLast().entry().term();
  }

  /** The last configuration that is committed. */
  Membership membership() {
    return memberships.lastEntry().getValue();
  }

  /** The one that is in force after an entry that is committed. */
  Membership membershipAt(long index) {
    return memberships.floorEntry(index).getValue();
  }

  /** How many changes of the configuration are committed. */
  int changes() {
    return memberships.size() - 1;
  }

  @Override
  public void started(ObservedNode node) {
    lookedAt[node.number()] = 0;
    ledIn[node.number()] = 0;
    ledWith[node.number()] = null;
  }

  @Override
  public void writing(ObservedNode node, LogWriter.Write write) {
    for (Entry entry : write.entries()) {
      if (entry.type() == EntryType.CONFIGURATION) {
        written.add(entry.membership());
      }
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    long seen = lookedAt[node.number()];
    if (seen < node.log().base().index()) {
      seen = node.log().base().index();
      checkBase(node);
    }
    for (long i = seen + 1; i <= status.committed(); i++) {
      Entry entry = node.log().get(i);
      if (entry == null) {
        require(false, "n%d takes %d for committed and does not have it", node.number(), i);
      } else if (i > committed.size()) {
        checkDurable(node, entry, deciding(node, status));
        committed.add(new Committed(entry, status.term()));
        if (entry.type() == EntryType.CONFIGURATION) {
          memberships.put(i, entry.membership());
        }
      } else {
        Entry other = committed.get((int) i - 1).entry();
        if (!entry.equals(other)) {
          require(
              false,
              "n%d takes %s for committed where another node took %s",
              node.number(),
              entry,
              other);
        }
      }
    }
    lookedAt[node.number()] = status.committed();
    ledWith[node.number()] = status.role() == RaftRole.LEADER ? status.membership() : null;
    if (status.role() == RaftRole.LEADER && ledIn[node.number()] < status.term()) {
      ledIn[node.number()] = status.term();
      checkComplete(node, status.term());
    }
  }

  /** What stands before the beginning of a log is known to be committed, and its last entry too. */
  private void checkBase(ObservedNode node) {
    EntryId base = node.log().base();
    require(
        base.index() <= committed.size()
            && committed.get((int) base.index() - 1).entry().id().equals(base),
        "n%d begins its log after %s, and committed is %s",
        node.number(),
        base,
        base.index() > committed.size()
            ? "no more than " + committed.size()
            : committed.get((int) base.index() - 1));
  }

  /**
   * By which configuration something may have been committed that a node is the first to take for
   * committed. A leader goes by the last one in its log: what that is now, or was before its turn,
   * in which it may have gone on to the next. Another node is the first only if the leader died in
   * its turn, and nobody can tell what it went by.
   */
  private Collection<Membership> deciding(ObservedNode node, RaftStatus status) {
    Membership before = ledWith[node.number()];
    if (before != null) {
      return before.equals(status.membership())
          ? List.of(before)
          : List.of(before, status.membership());
    }
    return status.role() == RaftRole.LEADER ? List.of(status.membership()) : written;
  }

  private void checkDurable(ObservedNode observer, Entry entry, Collection<Membership> deciding) {
    for (Membership membership : deciding) {
      if (Majorities.agree(membership, id -> hasOnDisk(id, entry))) {
        return;
      }
    }
    require(
        false,
        "n%d takes %s for committed, which only %s have on disk; to decide is for a majority of %s",
        observer.number(),
        entry,
        nodes.stream()
            .filter(node -> hasOnDisk(node.id(), entry))
            .map(node -> "n" + node.number())
            .toList(),
        deciding);
  }

  private boolean hasOnDisk(long id, Entry entry) {
    for (ObservedNode node : nodes) {
      if (node.id() == id) {
        LogImage durable = node.durableLog();
        return entry.index() <= durable.base().index() || entry.equals(durable.get(entry.index()));
      }
    }
    return false;
  }

  private void checkComplete(ObservedNode leader, long term) {
    long base = leader.log().base().index();
    for (Committed old : committed.subList((int) base, committed.size())) {
      @Nullable Entry own = leader.log().get(old.entry().index());
      if (old.inTerm() < term && !old.entry().equals(own)) {
        require(
            false,
            "n%d leads term %d with %s where %s was committed by term %d",
            leader.number(),
            term,
            own,
            old.entry(),
            old.inTerm());
      }
    }
  }
}
