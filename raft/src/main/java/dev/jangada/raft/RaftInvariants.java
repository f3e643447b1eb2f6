package dev.jangada.raft;

import static dev.jangada.raft.Invariant.check;

/**
 * What must be true of every node at every moment, and from each moment to the next. Checked after
 * every step of every core; cheap enough to stay on in production.
 */
public final class RaftInvariants {

  private RaftInvariants() {}

  /** Checks one state by itself. */
  public static void checkState(RaftStatus status) {
    check(
        status.base().index() <= status.applied(),
        "node %s has cut off its log after %s, but applied only %s",
        status.id(),
        status.base(),
        status.applied());
    check(
        status.applied() <= status.committed(),
        "node %s has applied %s, beyond its commit index %s",
        status.id(),
        status.applied(),
        status.committed());
    check(
        status.committed() <= status.last().index(),
        "node %s has committed %s, beyond its last entry %s",
        status.id(),
        status.committed(),
        status.last());
    check(
        status.applied() <= status.durable(),
        "node %s has applied %s, of which only %s is durable here",
        status.id(),
        status.applied(),
        status.durable());
    check(
        status.durable() <= status.last().index(),
        "node %s calls %s durable, beyond its last entry %s",
        status.id(),
        status.durable(),
        status.last());
    check(
        status.last().term() <= status.term(),
        "node %s has an entry of term %s while in term %s",
        status.id(),
        status.last().term(),
        status.term());
    switch (status.role()) {
      case FOLLOWER ->
          check(
              status.leader() != status.id(),
              "node %s follows itself in term %s",
              status.id(),
              status.term());
      case PRE_CANDIDATE ->
          check(
              status.leader() == 0,
              "node %s asks for pre-votes while it knows leader %s",
              status.id(),
              status.leader());
      case CANDIDATE -> {
        check(
            status.vote() == status.id(),
            "candidate %s has voted for %s in term %s",
            status.id(),
            status.vote(),
            status.term());
        check(status.leader() == 0, "candidate %s knows leader %s", status.id(), status.leader());
        check(
            status.membership().isVoter(status.id())
                || status.configuration().index() > status.committed(),
            "candidate %s has no vote in the committed %s",
            status.id(),
            status.configuration());
      }
      case LEADER -> {
        check(
            status.vote() == status.id(),
            "leader %s has voted for %s in term %s",
            status.id(),
            status.vote(),
            status.term());
        check(
            status.leader() == status.id(),
            "leader %s takes %s for the leader",
            status.id(),
            status.leader());
        check(
            status.membership().isVoter(status.id())
                || status.configuration().index() > status.committed(),
            "leader %s leads on though %s without it is committed",
            status.id(),
            status.configuration());
        checkFollowers(status);
      }
    }
  }

  private static void checkFollowers(RaftStatus status) {
    int others = 0;
    for (Member member : status.membership().members()) {
      others += member.id() == status.id() ? 0 : 1;
    }
    check(
        status.followers().size() == others,
        "leader %s looks after %s, but the members are %s",
        status.id(),
        status.followers(),
        status.membership());
    for (RaftStatus.FollowerStatus follower : status.followers()) {
      check(
          follower.match() < follower.next(),
          "leader %s would send follower %s entry %s, which it has",
          status.id(),
          follower.id(),
          follower.next());
      check(
          follower.next() <= status.last().index() + 1,
          "leader %s would send follower %s entry %s, beyond its own last, %s",
          status.id(),
          follower.id(),
          follower.next(),
          status.last());
      check(
          follower.needsSnapshot() == (follower.next() <= status.base().index()),
          "leader %s, whose log begins after %s, sends follower %s entries from %s on%s",
          status.id(),
          status.base(),
          follower.id(),
          follower.next(),
          follower.needsSnapshot() ? " by a snapshot" : "");
    }
  }

  /** Checks what may have changed from one state of a node to the next in the same life. */
  public static void checkTransition(RaftStatus before, RaftStatus after) {
    check(
        after.term() >= before.term(),
        "node %s went from term %s back to %s",
        after.id(),
        before.term(),
        after.term());
    check(
        after.committed() >= before.committed(),
        "node %s's commit index went from %s back to %s",
        after.id(),
        before.committed(),
        after.committed());
    check(
        after.applied() >= before.applied(),
        "node %s's applied index went from %s back to %s",
        after.id(),
        before.applied(),
        after.applied());
    check(
        after.base().index() >= before.base().index(),
        "node %s's log began after %s and now begins after %s",
        after.id(),
        before.base(),
        after.base());
    if (after.term() == before.term()) {
      check(
          before.vote() == HardState.NO_VOTE || after.vote() == before.vote(),
          "node %s voted for %s and then for %s in term %s",
          after.id(),
          before.vote(),
          after.vote(),
          after.term());
      check(
          before.leader() == 0 || after.leader() == 0 || after.leader() == before.leader(),
          "node %s saw leaders %s and %s in term %s",
          after.id(),
          before.leader(),
          after.leader(),
          after.term());
      check(
          before.role() != RaftRole.LEADER
              || after.role() != RaftRole.LEADER
              || after.last().index() >= before.last().index(),
          "leader %s shortened its own log in term %s from %s to %s",
          after.id(),
          after.term(),
          before.last(),
          after.last());
      check(
          after.role() != RaftRole.LEADER
              || before.role() == RaftRole.LEADER
              || before.role() == RaftRole.CANDIDATE,
          "node %s became leader of term %s as %s",
          after.id(),
          after.term(),
          before.role());
    }
  }
}
