package dev.jangada.simulation;

import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whoever leads a term has the votes of a majority in that term, its own among them. */
final class LeadersAreElected implements Property {

  private final int nodes;
  private final Map<Candidacy, Set<Integer>> voters = new TreeMap<>();

  /** By node: the last term in which it was seen as leader. */
  private final long[] ledIn;

  LeadersAreElected(int nodes) {
    this.nodes = nodes;
    this.ledIn = new long[nodes + 1];
  }

  @Override
  public void sent(ObservedNode node, Message message) {
    if (message instanceof Message.VoteResponse vote && vote.granted()) {
      voters
          .computeIfAbsent(new Candidacy(vote.term(), vote.to()), candidacy -> new TreeSet<>())
          .add(node.number());
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    if (status.role() != RaftRole.LEADER || ledIn[node.number()] == status.term()) {
      return;
    }
    ledIn[node.number()] = status.term();
    Set<Integer> others =
        voters.getOrDefault(new Candidacy(status.term(), node.id()), new TreeSet<>());
    require(
        (others.size() + 1) * 2 > nodes,
        "n%d leads term %d of %d nodes with its own vote and those of %s",
        node.number(),
        status.term(),
        nodes,
        others);
  }
}
