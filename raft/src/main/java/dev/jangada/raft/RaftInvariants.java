package dev.jangada.raft;

/**
 * What must be true of every node at every moment, and from each moment to the next. Checked after
 * every step of every core; cheap enough to stay on in production.
 */
public final class RaftInvariants {

  private RaftInvariants() {}

  // Not by Invariant.check: at every step, that would make an object of every number it is given.
  private static InvariantViolation violation(String sentence, Object... arguments) {
    return new InvariantViolation(String.format(sentence, arguments));
  }

  /** Checks one state by itself. */
  public static void checkState(RaftStatus status) {
    if (status.base().index() > status.applied()) {
      throw violation(
          "node %s has cut off its log after %s, but applied only %s",
          status.id(), status.base(), status.applied());
    }
    if (status.applied() > status.committed()) {
      throw violation(
          "node %s has applied %s, beyond its commit index %s",
          status.id(), status.applied(), status.committed());
    }
    if (status.committed() > status.last().index()) {
      throw violation(
          "node %s has committed %s, beyond its last entry %s",
          status.id(), status.committed(), status.last());
    }
    if (status.applied() > status.durable()) {
      throw violation(
          "node %s has applied %s, of which only %s is durable here",
          status.id(), status.applied(), status.durable());
    }
    if (status.durable() > status.last().index()) {
      throw violation(
          "node %s calls %s durable, beyond its last entry %s",
          status.id(), status.durable(), status.last());
    }
    if (status.last().term() > status.term()) {
      throw violation(
          "node %s has an entry of term %s while in term %s",
          status.id(), status.last().term(), status.term());
    }
    switch (status.role()) {
      case FOLLOWER -> {
        if (status.leader() == status.id()) {
          throw violation("node %s follows itself in term %s", status.id(), status.term());
        }
      }
      case PRE_CANDIDATE -> {
        if (status.leader() != 0) {
          throw violation(
              "node %s asks for pre-votes while it knows leader %s", status.id(), status.leader());
        }
      }
      case CANDIDATE -> {
        if (status.vote() != status.id()) {
          throw violation(
              "candidate %s has voted for %s in term %s",
              status.id(), status.vote(), status.term());
        }
        if (status.leader() != 0) {
          throw violation("candidate %s knows leader %s", status.id(), status.leader());
        }
        if (!(status.membership().isVoter(status.id())
            || status.configuration().index() > status.committed())) {
          throw violation(
              "candidate %s has no vote in the committed %s", status.id(), status.configuration());
        }
      }
      case LEADER -> {
        if (status.vote() != status.id()) {
          throw violation(
              "leader %s has voted for %s in term %s", status.id(), status.vote(), status.term());
        }
        if (status.leader() != status.id()) {
          throw violation("leader %s takes %s for the leader", status.id(), status.leader());
        }
        if (!(status.membership().isVoter(status.id())
            || status.configuration().index() > status.committed())) {
          throw violation(
              "leader %s leads on though %s without it is committed",
              status.id(), status.configuration());
        }
        checkFollowers(status);
      }
    }
  }

  private static void checkFollowers(RaftStatus status) {
    int others = 0;
    for (Member member : status.membership().members()) {
      others += member.id() == status.id() ? 0 : 1;
    }
    if (status.followers().size() != others) {
      throw violation(
          "leader %s looks after %s, but the members are %s",
          status.id(), status.followers(), status.membership());
    }
    for (RaftStatus.FollowerStatus follower : status.followers()) {
      if (follower.match() >= follower.next()) {
        throw violation(
            "leader %s would send follower %s entry %s, which it has",
            status.id(), follower.id(), follower.next());
      }
      if (follower.next() > status.last().index() + 1) {
        throw violation(
            "leader %s would send follower %s entry %s, beyond its own last, %s",
            status.id(), follower.id(), follower.next(), status.last());
      }
      if (!(follower.needsSnapshot() == (follower.next() <= status.base().index()))) {
        throw violation(
            "leader %s, whose log begins after %s, sends follower %s entries from %s on%s",
            status.id(),
            status.base(),
            follower.id(),
            follower.next(),
            follower.needsSnapshot() ? " by a snapshot" : "");
      }
    }
  }

  /** Checks what may have changed from one state of a node to the next in the same life. */
  public static void checkTransition(RaftStatus before, RaftStatus after) {
    if (after.term() < before.term()) {
      throw violation(
          "node %s went from term %s back to %s", after.id(), before.term(), after.term());
    }
    if (after.committed() < before.committed()) {
      throw violation(
          "node %s's commit index went from %s back to %s",
          after.id(), before.committed(), after.committed());
    }
    if (after.applied() < before.applied()) {
      throw violation(
          "node %s's applied index went from %s back to %s",
          after.id(), before.applied(), after.applied());
    }
    if (after.base().index() < before.base().index()) {
      throw violation(
          "node %s's log began after %s and now begins after %s",
          after.id(), before.base(), after.base());
    }
    if (after.term() == before.term()) {
      if (!(before.vote() == HardState.NO_VOTE || after.vote() == before.vote())) {
        throw violation(
            "node %s voted for %s and then for %s in term %s",
            after.id(), before.vote(), after.vote(), after.term());
      }
      if (!(before.leader() == 0 || after.leader() == 0 || after.leader() == before.leader())) {
        throw violation(
            "node %s saw leaders %s and %s in term %s",
            after.id(), before.leader(), after.leader(), after.term());
      }
      if (!(before.role() != RaftRole.LEADER
          || after.role() != RaftRole.LEADER
          || after.last().index() >= before.last().index())) {
        throw violation(
            "leader %s shortened its own log in term %s from %s to %s",
            after.id(), after.term(), before.last(), after.last());
      }
      if (!(after.role() != RaftRole.LEADER
          || before.role() == RaftRole.LEADER
          || before.role() == RaftRole.CANDIDATE)) {
        throw violation(
            "node %s became leader of term %s as %s", after.id(), after.term(), before.role());
      }
    }
  }
}
