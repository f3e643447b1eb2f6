package dev.jangada.simulation;

import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Draws a change of the membership: often one that makes sense, sometimes one that does not. */
final class RandomChange {
  private final RandomGenerator chance;
  private final List<Member> members;
  private final List<Long> newcomers;
  private final List<MembershipChange> changes = new ArrayList<>();

  private RandomChange(RandomGenerator chance, Membership now, List<Long> newcomers) {
    this.chance = chance;
    this.members = new ArrayList<>(now.members());
    this.newcomers = new ArrayList<>(newcomers);
  }

  /**
   * Draws one.
   *
   * @param now who belongs to the cluster, as the leader knows; at least one
   * @param newcomers ids of those who could be added
   * @return what is to be done, no two things of it about the same member; may be nothing
   */
  static List<MembershipChange> draw(RandomGenerator chance, Membership now, List<Long> newcomers) {
    RandomChange draw = new RandomChange(chance, now, newcomers);
    switch (chance.nextInt(4)) {
      case 0 -> {
        draw.removeAny();
        draw.add();
      }
      case 1 -> {
        for (int i = 1 + chance.nextInt(4); i > 0; i--) {
          draw.changeAny();
        }
      }
      default -> draw.changeAny();
    }
    return draw.changes;
  }

  private void changeAny() {
    switch (chance.nextInt(6)) {
      case 0, 1 -> add();
      case 2 -> removeAny();
      default -> promoteOrDemoteAny();
    }
  }

  private void add() {
    if (newcomers.isEmpty()) {
      promoteOrDemoteAny();
      return;
    }
    long id = newcomers.removeFirst();
    changes.add(
        chance.nextInt(3) == 0
            ? new MembershipChange.AddVoter(id, "")
            : new MembershipChange.AddLearner(id, "", chance.nextBoolean()));
  }

  private void removeAny() {
    // Few voters are a dull cluster.
    if (members.isEmpty() || (members.size() < 3 && chance.nextInt(4) > 0)) {
      return;
    }
    changes.add(new MembershipChange.Remove(anyMember().id()));
  }

  private void promoteOrDemoteAny() {
    if (members.isEmpty()) {
      return;
    }
    // Learners are promoted more often than voters are demoted, lest nobody is left to vote.
    Member member = anyMember();
    if (member.standing() != Member.Standing.VOTER) {
      changes.add(new MembershipChange.Promote(member.id()));
    } else if (chance.nextInt(3) == 0) {
      changes.add(new MembershipChange.Demote(member.id()));
    } else {
      promoteOrDemoteAny();
    }
  }

  private Member anyMember() {
    return members.remove(chance.nextInt(members.size()));
  }
}
