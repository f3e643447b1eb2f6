package dev.jangada.simulation;

import dev.jangada.raft.RaftStatus;

/**
 * On every node, base ≤ applied ≤ committed ≤ last and applied ≤ durable ≤ last, and no entry is of
 * a term to come; and the core says of its log what is true of it.
 */
final class IndexChain implements Property {

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    checkChain(node, status);
    if (!isBeingReset(node.log(), status) && status.last().index() != node.log().last()) {
      require(
          false,
          "n%d has entries up to %d, and has asked for %d to be written",
          node.number(),
          status.last().index(),
          node.log().last());
    }
    if (status.base().index() > node.log().base().index()) {
      require(
          false,
          "n%d begins after %s, and has not asked for more than up to %s to be dropped",
          node.number(),
          status.base(),
          node.log().base());
    }
    if (status.durable() > node.durableLog().last()) {
      require(
          false,
          "n%d takes %d entries for durable, and only %d are",
          node.number(),
          status.durable(),
          node.durableLog().last());
    }
  }

  private void checkChain(ObservedNode node, RaftStatus status) {
    boolean ordered =
        status.base().index() <= status.applied()
            && status.applied() <= status.committed()
            && status.committed() <= status.last().index()
            && status.applied() <= status.durable()
            && status.durable() <= status.last().index()
            && status.last().term() <= status.term();
    if (!ordered) {
      require(false, "n%d says of itself %s", node.number(), status);
    }
  }

  /** Whether the log begins anew after a snapshot, of which the core is told when that is done. */
  static boolean isBeingReset(LogImage log, RaftStatus status) {
    return log.base().index() > status.base().index() && log.last() == log.base().index();
  }
}
