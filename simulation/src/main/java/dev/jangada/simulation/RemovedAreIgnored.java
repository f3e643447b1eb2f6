package dev.jangada.simulation;

import dev.jangada.raft.Message;
import dev.jangada.raft.RaftStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * Nobody who knows that a node was removed lets it disturb the cluster: it takes over no term from
 * it (dissertation, section 4.2.3).
 */
final class RemovedAreIgnored implements Property {

  private final CommittedNeverLost committed;
  private final List<Watched> watched = new ArrayList<>();

  /** What is known of one node. */
  private static final class Watched {
    long term;
    long committed;

    /** The highest terms in messages since its last turn: of those removed, and of the others. */
    long heardOfRemoved;

    long heardOfOthers;
  }

  RemovedAreIgnored(CommittedNeverLost committed, int nodes) {
    this.committed = committed;
    for (int number = 0; number <= nodes; number++) {
      watched.add(new Watched());
    }
  }

  @Override
  public void started(ObservedNode node) {
    Watched known = watched.get(node.number());
    known.term = node.log().hardState().term();
    known.committed = node.appliedAtStart();
    known.heardOfRemoved = 0;
    known.heardOfOthers = 0;
  }

  @Override
  public void received(ObservedNode node, Message message) {
    Watched known = watched.get(node.number());
    if (message.term() > known.term) {
      if (committed.membershipAt(known.committed).isRemoved(message.from())) {
        known.heardOfRemoved = Math.max(known.heardOfRemoved, message.term());
      } else {
        known.heardOfOthers = Math.max(known.heardOfOthers, message.term());
      }
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    Watched known = watched.get(node.number());
    require(
        status.term() == known.term
            || status.term() > known.heardOfRemoved
            || status.term() <= known.heardOfOthers
            || status.vote() == node.id(),
        "n%d takes over term %d from a node that it knows to be removed: %s",
        node.number(),
        status.term(),
        status);
    known.term = status.term();
    known.committed = status.committed();
    known.heardOfRemoved = 0;
    known.heardOfOthers = 0;
  }
}
