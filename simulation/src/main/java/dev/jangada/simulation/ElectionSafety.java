package dev.jangada.simulation;

import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.Map;
import java.util.TreeMap;

/** At most one leader is elected in a term (paper, figure 3). */
final class ElectionSafety implements Property {

  private final Map<Long, Integer> leaders = new TreeMap<>();

  @Override
  public void turned(SimulatedNode node, RaftStatus status) {
    if (status.role() == RaftRole.LEADER) {
      Integer other = leaders.putIfAbsent(status.term(), node.number());
      require(
          other == null || other == node.number(),
          "in term %d, n%d leads after n%d did",
          status.term(),
          node.number(),
          other);
    }
  }

  /** How many terms had a leader. */
  int elections() {
    return leaders.size();
  }
}
