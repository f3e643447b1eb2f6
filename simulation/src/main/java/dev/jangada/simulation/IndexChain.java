package dev.jangada.simulation;

import dev.jangada.raft.RaftInvariants;
import dev.jangada.raft.RaftStatus;

/**
 * On every node, applied ≤ committed ≤ last and applied ≤ durable ≤ last, and what the core says of
 * its role fits together.
 */
final class IndexChain implements Property {

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    RaftInvariants.checkState(status);
    if (status.last().index() != node.log().last()) {
      require(
          false,
          "n%d has entries up to %d, and has asked for %d to be written",
          node.number(),
          status.last().index(),
          node.log().last());
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
}
