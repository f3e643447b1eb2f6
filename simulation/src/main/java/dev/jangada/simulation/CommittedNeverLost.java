package dev.jangada.simulation;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one node takes for committed is durable on a majority, is what every other node takes for
 * committed at that index, and is in the log of every later leader (paper, figure 3: leader
 * completeness and state machine safety).
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

  CommittedNeverLost(List<? extends ObservedNode> nodes, int size) {
    this.nodes = nodes;
    this.lookedAt = new long[size + 1];
    this.ledIn = new long[size + 1];
  }

  /** How many entries are committed. */
  long size() {
    return committed.size();
  }

  @Override
  public void started(ObservedNode node) {
    lookedAt[node.number()] = 0;
    ledIn[node.number()] = 0;
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
        checkDurable(node, entry);
        committed.add(new Committed(entry, status.term()));
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

  private void checkDurable(ObservedNode observer, Entry entry) {
    int copies = 0;
    for (ObservedNode node : nodes) {
      LogImage durable = node.durableLog();
      if (entry.index() <= durable.base().index() || entry.equals(durable.get(entry.index()))) {
        copies++;
      }
    }
    if (copies <= nodes.size() / 2) {
      require(
          false,
          "n%d takes %s for committed, which only %d of %d nodes have on disk",
          observer.number(),
          entry,
          copies,
          nodes.size());
    }
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
