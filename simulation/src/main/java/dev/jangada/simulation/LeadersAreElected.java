package dev.jangada.simulation;

import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whoever leads a term has the votes of a majority in that term, of the configuration that it goes
 * by.
 */
final class LeadersAreElected implements Property {

  private final Map<Candidacy, Set<Long>> voters = new TreeMap<>();

  /** By node: the last term in which it was seen as leader. */
  private final long[] ledIn;

  LeadersAreElected(int nodes) {
    this.ledIn = new long[nodes + 1];
  }

  @Override
  public void sent(ObservedNode node, Message message) {
    if (message instanceof Message.VoteResponse vote && vote.granted()) {
      voters
          .computeIfAbsent(new Candidacy(vote.term(), vote.to()), candidacy -> new TreeSet<>())
          .add(node.id());
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    if (status.role() != RaftRole.LEADER || ledIn[node.number()] == status.term()) {
      return;
    }
    ledIn[node.number()] = status.term();
    Set<Long> others =
        voters.getOrDefault(new Candidacy(status.term(), node.id()), new TreeSet<>());
    // A node that lost its vote by what is not committed may still be needed (dissertation, 4.2.2).
    boolean isVoter =
        status.membership().isVoter(node.id())
            || status.configuration().index() > status.committed();
    require(
        isVoter
            && Majorities.agree(status.membership(), id -> id == node.id() || others.contains(id)),
        "n%d leads term %d of %s with its own vote and those of %s",
        node.number(),
        status.term(),
        status.membership(),
        others);
  }
}
