package dev.jangada.simulation;

import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/** Who is enough of a configuration to decide: here anew, because the core's own is on trial. */
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
      boolean agreed = member.standing().votes() && agrees.test(member.id());
      if (member.standing().votesInNew()) {
        newVoters++;
        newAgree += agreed ? 1 : 0;
      }
      if (member.standing().votesInOld()) {
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
            .filter(member -> member.standing().votes())
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

  private static int indexOf(long[] voters, long id) {
    int index = 0;
    while (voters[index] != id) {
      index++;
    }
    return index;
  }
}
