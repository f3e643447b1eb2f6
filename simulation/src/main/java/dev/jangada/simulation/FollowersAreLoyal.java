package dev.jangada.simulation;

import dev.jangada.raft.Message;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where leaders check their quorum, a node that has heard from a leader less than an election
 * timeout ago helps nobody to depose it: it grants no vote, no pre-vote, and does not vote for
 * itself, unless the leader asked for that (dissertation, sections 3.10, 4.2.3 and 6.4.1). Where
 * leases rely on it, a restarted node counts as one that has just heard from a leader.
 */
final class FollowersAreLoyal implements Property {

  private final boolean isPromised;
  private final boolean outlivesRestarts;

  /** The least time, by a node's own clock, in which it is told that the timeout is over. */
  private final long loyalNanos;

  private final List<Watched> watched = new ArrayList<>();
  private final Set<Candidacy> transfers = new TreeSet<>();

  /** What is known of one node. */
  private static final class Watched {
    boolean hasHeard;
    long heardAt;

    /** A sign of life that the node has not dealt with yet, and when the first of them came. */
    @Nullable Message unread;

    long unreadSince;

    long term;
    long vote;
  }

  FollowersAreLoyal(RaftConfig config, int nodes) {
    this.isPromised = config.checkQuorum();
    this.outlivesRestarts = config.leaseReads();
    // The first tick may come at once.
    this.loyalNanos = (config.electionTimeoutTicks() - 1) * SimulatedNode.TICK_NANOS - 1;
    for (int number = 0; number <= nodes; number++) {
      watched.add(new Watched());
    }
  }

  @Override
  public void started(ObservedNode node) {
    Watched known = watched.get(node.number());
    known.hasHeard = outlivesRestarts;
    known.heardAt = node.clock();
    known.unread = null;
    known.term = node.log().hardState().term();
    known.vote = node.log().hardState().vote();
  }

  @Override
  public void received(ObservedNode node, Message message) {
    switch (message) {
      case Message.AppendRequest request -> signOfLife(node, request);
      case Message.SnapshotChunk chunk -> signOfLife(node, chunk);
      case Message.TimeoutNow order -> transfers.add(new Candidacy(order.term() + 1, node.id()));
      default -> {}
    }
  }

  private void signOfLife(ObservedNode node, Message message) {
    Watched known = watched.get(node.number());
    if (known.unread == null || known.unread.term() < message.term()) {
      known.unread = message;
      known.unreadSince = node.clock();
    }
  }

  @Override
  public void sent(ObservedNode node, Message message) {
    if (message instanceof Message.PreVoteResponse answer && answer.granted()) {
      RaftStatus status = node.status();
      require(
          !isPromised || status == null || status.role() != RaftRole.LEADER,
          "n%d leads and sends %s",
          node.number(),
          answer);
      checkLoyal(node, answer.term(), answer.to());
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    Watched known = watched.get(node.number());
    if (status.vote() != 0 && (status.term() != known.term || status.vote() != known.vote)) {
      checkLoyal(node, status.term(), status.vote());
    }
    known.term = status.term();
    known.vote = status.vote();
    // Whom a node follows it has heard; a sign of life of an earlier term says nothing.
    Message unread = known.unread;
    if (unread != null && unread.term() == status.term() && unread.from() == status.leader()) {
      known.hasHeard = true;
      known.heardAt = known.unreadSince;
    }
    known.unread = null;
  }

  private void checkLoyal(ObservedNode node, long term, long candidate) {
    Watched known = watched.get(node.number());
    if (!isPromised || !known.hasHeard || node.clock() - known.heardAt >= loyalNanos) {
      return;
    }
    require(
        transfers.contains(new Candidacy(term, candidate)),
        "n%d helps %x to lead term %d, and has heard from a leader %.3f ms ago",
        node.number(),
        candidate,
        term,
        (node.clock() - known.heardAt) / 1e6);
  }
}
