package dev.jangada.raft;

import dev.jangada.raft.Member.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which configuration comes next. Where the voters change by one at most, the new configuration
 * follows at once: any two majorities of the old set and the new one share a voter (dissertation,
 * section 4.1). Where they change by more there is a joint configuration in between (section 4.3).
 * The leader leaves that by itself as soon as it is committed: nobody has to remember to.
 */
final class Reconfiguration {
  private final Membership now;
  private final TreeMap<Long, Member> target = new TreeMap<>();
  private final List<Long> removed;

  private Reconfiguration(Membership now) {
    this.now = now;
    now.members().forEach(member -> target.put(member.id(), member));
    removed = new ArrayList<>(now.removed());
  }

  /** What is to be appended, or why nothing is. */
  sealed interface Plan {
    /** The next configuration. */
    record Next(Membership membership) implements Plan {}

    /** The change makes no sense. */
    record Refused(ChangeRefusal reason) implements Plan {}
  }

  /** Decides on a change that a leader is asked for. */
  static Plan decide(Role.Leader leader, RaftLog log, List<MembershipChange> changes) {
    Configuration now = log.configuration();
    if (leader.transferee != 0) {
      return new Plan.Refused(ChangeRefusal.TRANSFERRING);
    }
    if (!leader.hasCommittedInItsTerm()) {
      // An earlier leader's change may yet be committed by another node, whose majority need not
      // meet that of a second change from here (Ongaro, raft-dev, 2015).
      return new Plan.Refused(ChangeRefusal.NOT_READY);
    }
    if (now.index() > log.committed() || now.membership().isJoint()) {
      return new Plan.Refused(ChangeRefusal.UNDER_WAY);
    }
    Plan plan = plan(now.membership(), changes, leader.followers::isCaughtUp);
    return plan instanceof Plan.Next(Membership next)
            && leader.followers.isRisky(now.membership(), next)
        ? new Plan.Refused(ChangeRefusal.QUORUM_AT_RISK)
        : plan;
  }

  /**
   * Plans a change of a configuration that is committed and not joint.
   *
   * @param caughtUp whether a learner can be promoted
   */
  static Plan plan(Membership now, List<MembershipChange> changes, LongPredicate caughtUp) {
    Reconfiguration next = new Reconfiguration(now);
    for (MembershipChange change : changes) {
      ChangeRefusal refusal = next.make(change, caughtUp);
      if (refusal != null) {
        return new Plan.Refused(refusal);
      }
    }
    if (next.target.values().stream().noneMatch(member -> member.standing().votes())) {
      return new Plan.Refused(ChangeRefusal.NO_VOTERS);
    }
    Membership planned = next.after();
    return MembershipCodec.size(planned) > MembershipCodec.MAX_BYTES
        ? new Plan.Refused(ChangeRefusal.TOO_LARGE)
        : new Plan.Next(planned);
  }

  /**
   * What follows on a committed configuration without anybody asking for it: a joint one is left,
   * and a learner that was waiting for it becomes a voter.
   *
   * @return null if nothing follows
   */
  static @Nullable Membership successor(Membership now, LongPredicate caughtUp) {
    if (now.isJoint()) {
      return new Reconfiguration(now).left();
    }
    for (Member member : now.members()) {
      if (member.standing() == Standing.STAGING && caughtUp.test(member.id())) {
        Reconfiguration next = new Reconfiguration(now);
        next.target.put(member.id(), member.as(Standing.VOTER));
        return next.membership();
      }
    }
    return null;
  }

  /** Makes one change; says why if it cannot be made. */
  private @Nullable ChangeRefusal make(MembershipChange change, LongPredicate caughtUp) {
    long id = change.id();
    Member present = target.get(id);
    return switch (change) {
      case MembershipChange.AddVoter add -> add(Standing.VOTER, id, add.address());
      case MembershipChange.AddLearner add ->
          add(add.promote() ? Standing.STAGING : Standing.LEARNER, id, add.address());
      case MembershipChange change1 when present == null -> ChangeRefusal.UNKNOWN_MEMBER;
      case MembershipChange.Promote promote -> {
        if (present.standing() == Standing.VOTER) {
          yield ChangeRefusal.WRONG_STANDING;
        }
        if (!caughtUp.test(id)) {
          yield ChangeRefusal.NOT_CAUGHT_UP;
        }
        target.put(id, present.as(Standing.VOTER));
        yield null;
      }
      case MembershipChange.Demote demote -> {
        if (present.standing() != Standing.VOTER) {
          yield ChangeRefusal.WRONG_STANDING;
        }
        target.put(id, present.as(Standing.LEARNER));
        yield null;
      }
      case MembershipChange.Remove remove -> {
        target.remove(id);
        yield null;
      }
      case MembershipChange.Move move -> {
        target.put(id, present.at(move.address()));
        yield null;
      }
      case MembershipChange.Identify identify -> {
        if (present.incarnation() != 0 && present.incarnation() != identify.incarnation()) {
          yield ChangeRefusal.OTHER_INCARNATION;
        }
        target.put(id, present.of(identify.incarnation()));
        yield null;
      }
    };
  }

  private @Nullable ChangeRefusal add(Standing standing, long id, String address) {
    if (target.containsKey(id)) {
      return ChangeRefusal.DUPLICATE_MEMBER;
    }
    if (removed.contains(id) || now.member(id) != null) {
      // By the end of these changes at the latest.
      return ChangeRefusal.REMOVED_MEMBER;
    }
    target.put(id, new Member(id, standing, address, 0));
    return null;
  }

  /** The target itself, or a joint configuration on the way to it. */
  private Membership after() {
    int difference = 0;
    TreeMap<Long, Member> joint = new TreeMap<>(target);
    for (Member before : now.members()) {
      Member after = target.get(before.id());
      if (before.standing() == Standing.VOTER
          && (after == null || after.standing() != Standing.VOTER)) {
        difference++;
        joint.put(
            before.id(), after == null ? before.as(Standing.OUTGOING) : after.as(Standing.DEMOTED));
      }
    }
    for (Member after : target.values()) {
      Member before = now.member(after.id());
      if (after.standing() == Standing.VOTER
          && (before == null || before.standing() != Standing.VOTER)) {
        difference++;
        joint.put(after.id(), after.as(Standing.INCOMING));
      }
    }
    if (difference > 1) {
      target.clear();
      target.putAll(joint);
    }
    for (Member before : now.members()) {
      if (!target.containsKey(before.id())) {
        removed.add(before.id());
      }
    }
    return membership();
  }

  private Membership left() {
    for (Member member : List.copyOf(target.values())) {
      switch (member.standing()) {
        case INCOMING -> target.put(member.id(), member.as(Standing.VOTER));
        case DEMOTED -> target.put(member.id(), member.as(Standing.LEARNER));
        case OUTGOING -> {
          target.remove(member.id());
          removed.add(member.id());
        }
        case VOTER, LEARNER, STAGING -> {}
      }
    }
    return membership();
  }

  private Membership membership() {
    int tooMany = Math.max(0, removed.size() - Membership.MAX_REMOVED);
    return new Membership(List.copyOf(target.values()), removed.subList(tooMany, removed.size()));
  }

  /**
   * Why one configuration must not follow on another in a log; null if it may. What the leader
   * plans is right by construction; this is the sentence that it rests on.
   */
  static @Nullable String objection(Membership before, Membership after) {
    if (!before.isKnown()) {
      return null; // of a node that joins: it does not know what went before
    }
    if (before.isJoint()) {
      return after.isJoint() || !after.voters().equals(before.voters())
          ? "the joint configuration " + before + " is followed by " + after
          : null;
    }
    if (after.isJoint()) {
      return Objects.equals(after.outgoingVoters(), before.voters())
          ? null
          : "the joint configuration " + after + " does not begin with the voters of " + before;
    }
    List<Long> added = new ArrayList<>(after.voters());
    added.removeAll(before.voters());
    List<Long> gone = new ArrayList<>(before.voters());
    gone.removeAll(after.voters());
    return added.size() + gone.size() <= 1
        ? null
        : "the voters change from " + before + " to " + after + " without a joint configuration";
  }
}
