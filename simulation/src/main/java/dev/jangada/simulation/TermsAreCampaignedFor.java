package dev.jangada.simulation;

import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Every term begins with a candidate, so that nodes that nobody wants to lead leave the others in
 * peace. Where there are pre-votes, a candidate has those of a majority, or was told to campaign by
 * the leader (dissertation, sections 3.10 and 9.6).
 */
final class TermsAreCampaignedFor implements Property {

  private final boolean preVote;

  /** By candidacy: who granted the pre-vote. */
  private final Map<Candidacy, Set<Long>> preVoters = new TreeMap<>();

  private final Set<Candidacy> transfers = new TreeSet<>();

  /** By node: the last term in which it was seen as candidate or leader. */
  private final long[] candidateIn;

  private long latest;

  TermsAreCampaignedFor(RaftConfig config, int nodes) {
    this.preVote = config.preVote();
    this.candidateIn = new long[nodes + 1];
  }

  @Override
  public void sent(ObservedNode node, Message message) {
    if (message instanceof Message.PreVoteResponse answer && answer.granted()) {
      preVoters
          .computeIfAbsent(new Candidacy(answer.term(), answer.to()), key -> new TreeSet<>())
          .add(node.id());
    }
  }

  @Override
  public void received(ObservedNode node, Message message) {
    if (message instanceof Message.TimeoutNow) {
      transfers.add(new Candidacy(message.term() + 1, node.id()));
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    boolean isCandidate = status.role() == RaftRole.CANDIDATE || status.role() == RaftRole.LEADER;
    if (isCandidate && candidateIn[node.number()] < status.term()) {
      candidateIn[node.number()] = status.term();
      checkWanted(node, status.membership(), new Candidacy(status.term(), node.id()));
    }
    // A candidate that has lost within the same turn is known by its vote.
    if (status.term() > latest) {
      require(
          status.vote() == node.id(),
          "n%d is in term %d, in which nobody was a candidate: %s",
          node.number(),
          status.term(),
          status);
      latest = status.term();
    }
  }

  private void checkWanted(ObservedNode node, Membership membership, Candidacy candidacy) {
    if (!preVote || transfers.contains(candidacy)) {
      return;
    }
    Set<Long> others = preVoters.getOrDefault(candidacy, new TreeSet<>());
    require(
        Majorities.agree(membership, id -> id == node.id() || others.contains(id)),
        "n%d is candidate in term %d of %s with its own pre-vote and those of %s",
        node.number(),
        candidacy.term(),
        membership,
        others);
  }
}
