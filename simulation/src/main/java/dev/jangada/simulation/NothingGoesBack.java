package dev.jangada.simulation;

import dev.jangada.raft.RaftStatus;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A node's term never goes back, its commit and applied indices only when it restarts, and a vote
 * is never changed within a term.
 */
final class NothingGoesBack implements Property {

  /** By node: what it was like last, null when it has just started. */
  private @Nullable RaftStatus[] latest = new @Nullable RaftStatus[8];

  @Override
  public void started(ObservedNode node) {
    if (node.number() >= latest.length) {
      latest = Arrays.copyOf(latest, 2 * node.number());
    }
    latest[node.number()] = null;
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    RaftStatus before = latest[node.number()];
    latest[node.number()] = status;
    if (before != null
        && (status.term() < before.term()
            || status.committed() < before.committed()
            || status.applied() < before.applied())) {
      require(false, "n%d went from %s to %s", node.number(), before, status);
    }
    if (before != null
        && status.term() == before.term()
        && before.vote() != 0
        && status.vote() != before.vote()) {
      require(false, "n%d changed its vote from %s to %s", node.number(), before, status);
    }
    if (status.term() < node.durableLog().hardState().term()) {
      require(
          false,
          "n%d is in term %d and has on disk %s",
          node.number(),
          status.term(),
          node.durableLog().hardState());
    }
  }
}
