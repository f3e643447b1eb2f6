package dev.jangada.simulation;

import dev.jangada.raft.Message;
import java.util.Map;
import java.util.TreeMap;

/** A node votes for at most one candidate in a term, however often it restarts (paper, 5.2). */
final class OneVotePerTerm implements Property {

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
    switch (message) {
      case Message.VoteResponse vote when vote.granted() -> vote(node, vote.term(), vote.to());
      case Message.VoteRequest request -> vote(node, request.term(), node.id());
      default -> {}
    }
  }

  private void vote(ObservedNode node, long term, long candidate) {
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
