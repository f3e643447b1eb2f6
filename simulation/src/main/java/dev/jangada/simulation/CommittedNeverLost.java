package dev.jangada.simulation;

import dev.jangada.raft.Entry;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one node takes for committed is durable on a majority, is what every other node takes for
 * committed at that index, and is in the log of every later leader (paper, figure 3: leader
 * completeness and state machine safety).
 */
final class CommittedNeverLost implements Property {

  /** An entry, and the term of the node that first took it for committed. */
  private record Committed(Entry entry, long inTerm) {}

  private final List<SimulatedNode> nodes;
  private final List<Committed> committed = new ArrayList<>();

  /** By node: how far its commit index was looked at since it started. */
  private final Map<Integer, Long> lookedAt = new TreeMap<>();

  /** By node: the last term in which it was seen as leader. */
  private final Map<Integer, Long> ledIn = new TreeMap<>();

  CommittedNeverLost(List<SimulatedNode> nodes) {
    this.nodes = nodes;
  }

  /** How many entries are committed. */
  long size() {
    return committed.size();
  }

  @Override
  public void started(SimulatedNode node) {
    lookedAt.put(node.number(), 0L);
    ledIn.remove(node.number());
  }

  @Override
  public void turned(SimulatedNode node, RaftStatus status) {
    for (long i = lookedAt.getOrDefault(node.number(), 0L) + 1; i <= status.committed(); i++) {
      Entry entry = node.log().get(i);
      if (entry == null) {
        require(false, "n%d takes %d for committed and does not have it", node.number(), i);
      } else if (i > committed.size()) {
        checkDurable(node, entry);
        committed.add(new Committed(entry, status.term()));
      } else {
        Entry other = committed.get((int) i - 1).entry();
        require(
            entry.equals(other),
            "n%d takes %s for committed where another node took %s",
            node.number(),
            entry,
            other);
      }
    }
    lookedAt.put(node.number(), status.committed());
    if (status.role() == RaftRole.LEADER && ledIn.getOrDefault(node.number(), 0L) < status.term()) {
      ledIn.put(node.number(), status.term());
      checkComplete(node, status.term());
    }
  }

  private void checkDurable(SimulatedNode observer, Entry entry) {
    long copies =
        nodes.stream().filter(node -> entry.equals(node.durableLog().get(entry.index()))).count();
    require(
        copies > nodes.size() / 2,
        "n%d takes %s for committed, which only %d of %d nodes have on disk",
        observer.number(),
        entry,
        copies,
        nodes.size());
  }

  private void checkComplete(SimulatedNode leader, long term) {
    for (Committed old : committed) {
      @Nullable Entry own = leader.log().get(old.entry().index());
      require(
          old.inTerm() >= term || old.entry().equals(own),
          "n%d leads term %d with %s where %s was committed by term %d",
          leader.number(),
          term,
          own,
          old.entry(),
          old.inTerm());
    }
  }
}
