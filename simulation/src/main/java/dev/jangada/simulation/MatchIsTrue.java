package dev.jangada.simulation;

import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.List;

/**
 * What a leader takes for replicated on a follower is durable there and equal to the leader's own
 * log, as long as no later leader can have had it replaced.
 */
final class MatchIsTrue implements Property {

  private final List<? extends ObservedNode> nodes;

  /** By leader and follower: term and index that were looked at last. */
  private final long[][] lookedAtTerm;

  private final long[][] lookedAtIndex;

  MatchIsTrue(List<? extends ObservedNode> nodes, int size) {
    this.nodes = nodes;
    this.lookedAtTerm = new long[size + 1][size + 1];
    this.lookedAtIndex = new long[size + 1][size + 1];
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    if (status.role() != RaftRole.LEADER) {
      return;
    }
    for (RaftStatus.FollowerStatus believed : status.followers()) {
      for (ObservedNode follower : nodes) {
        if (follower.id() == believed.id() && isNews(node, follower, status, believed)) {
          check(node, follower, status, believed);
        }
      }
    }
  }

  private boolean isNews(
      ObservedNode leader,
      ObservedNode follower,
      RaftStatus status,
      RaftStatus.FollowerStatus believed) {
    int from = leader.number();
    int to = follower.number();
    if (lookedAtTerm[from][to] == status.term() && lookedAtIndex[from][to] == believed.match()) {
      return false;
    }
    lookedAtTerm[from][to] = status.term();
    lookedAtIndex[from][to] = believed.match();
    return believed.match() > 0;
  }

  /** Logs that agree on a term agree up to there, which is a property of its own. */
  private void check(
      ObservedNode leader,
      ObservedNode follower,
      RaftStatus status,
      RaftStatus.FollowerStatus believed) {
    long index = believed.match();
    LogImage own = leader.log();
    LogImage there = follower.durableLog();
    boolean isTrue =
        index <= there.last()
            // What one of them has cut off is committed, and judged as such.
            && (index < Math.max(own.base().index(), there.base().index())
                || own.term(index) == there.term(index));
    boolean isReplaceable = there.hardState().term() > status.term();
    if (!isReplaceable && !isTrue) {
      require(
          false,
          "n%d, which leads term %d, takes %d of term %d for durable on n%d, whose log on disk ends"
              + " at %d and has there an entry of term %d",
          leader.number(),
          status.term(),
          index,
          own.term(index),
          follower.number(),
          there.last(),
          there.term(index));
    }
  }
}
