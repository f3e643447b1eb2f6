package dev.jangada.simulation;

import dev.jangada.raft.HardState;
import dev.jangada.raft.Message;

/** What a node tells others that it has, or has promised, it has on disk. */
final class PromisesAreDurable implements Property {

  @Override
  public void sent(ObservedNode node, Message message) {
    HardState durable = node.durableLog().hardState();
    switch (message) {
      case Message.AppendAccepted accepted -> {
        require(
            accepted.match() <= node.durableLog().last(),
            "n%d sends %s and has only %d entries on disk",
            node.number(),
            accepted,
            node.durableLog().last());
        require(
            durable.term() >= accepted.term(),
            "n%d sends %s and has on disk %s",
            node.number(),
            accepted,
            durable);
      }
      case Message.VoteResponse vote when vote.granted() ->
          vote(node, vote.term(), vote.to(), durable);
      case Message.VoteRequest request -> vote(node, request.term(), node.id(), durable);
      default -> {}
    }
  }

  private void vote(ObservedNode node, long term, long candidate, HardState durable) {
    require(
        durable.term() > term || (durable.term() == term && durable.vote() == candidate),
        "n%d votes for %x in term %d and has on disk %s",
        node.number(),
        candidate,
        term,
        durable);
  }
}
