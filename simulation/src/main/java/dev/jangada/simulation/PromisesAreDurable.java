package dev.jangada.simulation;

import dev.jangada.raft.HardState;
import dev.jangada.raft.Message;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a node tells others that it has, it has on disk; and it votes for one candidate in a term,
 * however often it restarts.
 */
final class PromisesAreDurable implements Property {

  private record Ballot(int node, long term) implements Comparable<Ballot> {
    @Override
    public int compareTo(Ballot other) {
      int byTerm = Long.compare(term, other.term);
      return byTerm != 0 ? byTerm : Integer.compare(node, other.node);
    }
  }

  private final Map<Ballot, Long> votes = new TreeMap<>();

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
    Long other = votes.putIfAbsent(new Ballot(node.number(), term), candidate);
    require(
        other == null || other == candidate,
        "n%d votes for %x in term %d, in which it has voted for %x",
        node.number(),
        candidate,
        term,
        other);
  }
}
