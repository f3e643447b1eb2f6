package dev.jangada.simulation;

import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/**
 * Who is enough of a configuration to decide, and who votes in it at all: here anew, because what
 * the core makes of that is on trial.
 */
final class Majorities {

  private Majorities() {}

  /**
   * Whether those who agree are a majority of the voters, of both sets in a joint configuration.
   */
  static boolean agree(Membership membership, LongPredicate agrees) {
    int newVoters = 0;
    int newAgree = 0;
    int oldVoters = 0;
    int oldAgree = 0;
    for (Member member : membership.members()) {
      boolean votesInNew = votesInNew(member);
      boolean votesInOld = votesInOld(member);
      boolean agreed = (votesInNew || votesInOld) && agrees.test(member.id());
      if (votesInNew) {
        newVoters++;
        newAgree += agreed ? 1 : 0;
      }
      if (votesInOld) {
        oldVoters++;
        oldAgree += agreed ? 1 : 0;
      }
    }
    return 2 * newAgree > newVoters && 2 * oldAgree > oldVoters;
  }

  /** Whether any majority of one configuration shares a voter with any majority of another one. */
  static boolean alwaysMeet(Membership one, Membership other) {
    long[] voters =
        Stream.of(one, other)
            .flatMap(membership -> membership.members().stream())
            .filter(member -> votesInNew(member) || votesInOld(member))
            .mapToLong(Member::id)
            .distinct()
            .toArray();
    for (int group = 0; group < 1 << voters.length; group++) {
      int members = group;
      LongPredicate isIn = id -> (members >> indexOf(voters, id) & 1) == 1;
      if (agree(one, isIn) && agree(other, isIn.negate())) {
        return false;
      }
    }
    return true;
  }

  private static boolean votesInNew(Member member) {
    return switch (member.standing()) {
      case VOTER, INCOMING -> true;
      case OUTGOING, DEMOTED, LEARNER, STAGING -> false;
    };
  }

  private static boolean votesInOld(Member member) {
    return switch (member.standing()) {
      case VOTER, OUTGOING, DEMOTED -> true;
      case INCOMING, LEARNER, STAGING -> false;
    };
  }

  private static int indexOf(long[] voters, long id) {
    int index = 0;
    while (voters[index] != id) {
      index++;
    }
    return index;
  }
}
