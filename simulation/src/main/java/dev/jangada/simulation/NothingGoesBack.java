package dev.jangada.simulation;

import dev.jangada.raft.RaftInvariants;
import dev.jangada.raft.RaftStatus;
import java.util.Map;
import java.util.TreeMap;

/** A node's term never goes back, its commit and applied indices only when it restarts. */
final class NothingGoesBack implements Property {

  private final Map<Integer, RaftStatus> latest = new TreeMap<>();

  @Override
  public void started(SimulatedNode node) {
    latest.remove(node.number());
  }

  @Override
  public void turned(SimulatedNode node, RaftStatus status) {
    RaftInvariants.checkState(status);
    RaftStatus before = latest.put(node.number(), status);
    if (before != null) {
      require(
          status.term() >= before.term()
              && status.committed() >= before.committed()
              && status.applied() >= before.applied(),
          "n%d went from %s to %s",
          node.number(),
          before,
          status);
    }
    require(
        status.term() >= node.durableLog().hardState().term(),
        "n%d is in term %d and has on disk %s",
        node.number(),
        status.term(),
        node.durableLog().hardState());
  }
}
