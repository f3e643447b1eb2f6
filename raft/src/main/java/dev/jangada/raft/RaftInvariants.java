package dev.jangada.raft;

/**
 * What must be true of every node at every moment, and from each moment to the next. Checked after
 * every step of every core; cheap enough to stay on in production.
 */
final class RaftInvariants {

  private RaftInvariants() {}

  // Not by Invariant.check: at every step, that would make an object of every number it is given.
  private static InvariantViolation violation(String sentence, Object... arguments) {
    return new InvariantViolation(String.format(sentence, arguments));
  }

  /** Checks one state by itself. */
  static void checkState(Moment now) {
    if (now.base.index() > now.applied) {
      throw violation(
          "node %s has cut off its log after %s, but applied only %s",
          now.id, now.base, now.applied);
    }
    if (now.applied > now.committed) {
      throw violation(
          "node %s has applied %s, beyond its commit index %s", now.id, now.applied, now.committed);
    }
    if (now.committed > now.lastIndex) {
      throw violation(
          "node %s has committed %s, beyond its last entry %s", now.id, now.committed, now.last());
    }
    if (now.applied > now.durable) {
      throw violation(
          "node %s has applied %s, of which only %s is durable here",
          now.id, now.applied, now.durable);
    }
    if (now.durable > now.lastIndex) {
      throw violation(
          "node %s calls %s durable, beyond its last entry %s", now.id, now.durable, now.last());
    }
    if (now.lastTerm > now.term) {
      throw violation(
          "node %s has an entry of term %s while in term %s", now.id, now.lastTerm, now.term);
    }
    if (now.installing != null && now.role != RaftRole.FOLLOWER) {
      throw violation(
          "node %s is %s while it lacks the committed %s, which is being installed",
          now.id, now.role, now.installing);
    }
    switch (now.role) {
      case FOLLOWER -> {
        if (now.leader == now.id) {
          throw violation("node %s follows itself in term %s", now.id, now.term);
        }
      }
      case PRE_CANDIDATE -> {
        if (now.leader != 0) {
          throw violation(
              "node %s asks for pre-votes while it knows leader %s", now.id, now.leader);
        }
      }
      case CANDIDATE -> {
        if (now.vote != now.id) {
          throw violation("candidate %s has voted for %s in term %s", now.id, now.vote, now.term);
        }
        if (now.leader != 0) {
          throw violation("candidate %s knows leader %s", now.id, now.leader);
        }
        if (!(now.membership().isVoter(now.id) || now.configuration.index() > now.committed)) {
          throw violation(
              "candidate %s has no vote in the committed %s", now.id, now.configuration);
        }
      }
      case LEADER -> {
        if (now.vote != now.id) {
          throw violation("leader %s has voted for %s in term %s", now.id, now.vote, now.term);
        }
        if (now.leader != now.id) {
          throw violation("leader %s takes %s for the leader", now.id, now.leader);
        }
        if (!(now.membership().isVoter(now.id) || now.configuration.index() > now.committed)) {
          throw violation(
              "leader %s leads on though %s without it is committed", now.id, now.configuration);
        }
        checkFollowers(now);
      }
    }
  }

  private static void checkFollowers(Moment now) {
    Followers followers = now.followers;
    if (followers == null || !followers.areThoseOf(now.membership())) {
      throw violation(
          "leader %s looks after %s, but the members are %s",
          now.id, followers == null ? "nobody" : followers.status(), now.membership());
    }
    long end = now.lastIndex + 1;
    long base = now.base.index();
    for (Progress follower : followers.all()) {
      if (follower.match >= follower.next) {
        throw violation(
            "leader %s would send follower %s entry %s, which it has",
            now.id, follower.id, follower.next);
      }
      if (follower.next > end) {
        throw violation(
            "leader %s would send follower %s entry %s, beyond its own last, %s",
            now.id, follower.id, follower.next, now.last());
      }
      boolean bySnapshot = follower.mode instanceof Progress.Snapshot;
      if (bySnapshot != (follower.next <= base)) {
        throw violation(
            "leader %s, whose log begins after %s, sends follower %s entries from %s on%s",
            now.id, now.base, follower.id, follower.next, bySnapshot ? " by a snapshot" : "");
      }
    }
  }

  /** Checks what may have changed from one state of a node to the next in the same life. */
  static void checkTransition(Moment before, Moment after) {
    if (after.term < before.term) {
      throw violation("node %s went from term %s back to %s", after.id, before.term, after.term);
    }
    if (after.committed < before.committed) {
      throw violation(
          "node %s's commit index went from %s back to %s",
          after.id, before.committed, after.committed);
    }
    if (after.applied < before.applied) {
      throw violation(
          "node %s's applied index went from %s back to %s",
          after.id, before.applied, after.applied);
    }
    if (after.base.index() < before.base.index()) {
      throw violation(
          "node %s's log began after %s and now begins after %s",
          after.id, before.base, after.base);
    }
    if (after.term == before.term) {
      if (!(before.vote == HardState.NO_VOTE || after.vote == before.vote)) {
        throw violation(
            "node %s voted for %s and then for %s in term %s",
            after.id, before.vote, after.vote, after.term);
      }
      if (!(before.leader == 0 || after.leader == 0 || after.leader == before.leader)) {
        throw violation(
            "node %s saw leaders %s and %s in term %s",
            after.id, before.leader, after.leader, after.term);
      }
      if (!(before.role != RaftRole.LEADER
          || after.role != RaftRole.LEADER
          || after.lastIndex >= before.lastIndex)) {
        throw violation(
            "leader %s shortened its own log in term %s from %s to %s",
            after.id, after.term, before.last(), after.last());
      }
      if (!(after.role != RaftRole.LEADER
          || before.role == RaftRole.LEADER
          || before.role == RaftRole.CANDIDATE)) {
        throw violation(
            "node %s became leader of term %s as %s", after.id, after.term, before.role);
      }
    }
  }
}
