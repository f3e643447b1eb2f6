package dev.jangada.raft;

import dev.jangada.raft.Quorum.Outcome;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * The one or, in a joint configuration, two sets of voters whose majorities decide (dissertation,
 * section 4.3).
 */
final class VoterSets {
  private final long[] voters;

  /** The old set; the same array as the new one if there is only one. */
  private final long[] outgoing;

  VoterSets(Membership membership) {
    this.voters = array(membership.voters());
    this.outgoing = membership.isJoint() ? array(membership.outgoingVoters()) : voters;
  }

  private static long[] array(List<Long> ids) {
    return ids.stream().mapToLong(Long::longValue).toArray();
  }

  /** The largest value that a majority of each set has reached. */
  long reachedByMajority(LongUnaryOperator valueOfVoter) {
    long reached = reached(voters, valueOfVoter);
    return isJoint() ? Math.min(reached, reached(outgoing, valueOfVoter)) : reached;
  }

  private boolean isJoint() {
    return !isSame(voters, outgoing);
  }

  @SuppressWarnings("ReferenceEquality")
  private static boolean isSame(long[] a, long[] b) {
    return a == b;
  }

  private static long reached(long[] set, LongUnaryOperator valueOfVoter) {
    long[] values = new long[set.length];
    for (int i = 0; i < set.length; i++) {
      values[i] = valueOfVoter.applyAsLong(set[i]);
    }
    return Quorum.reachedByMajority(values);
  }

  /** How an election stands: it is won in every set, or it is not won. */
  Outcome outcome(Set<Long> granted, Set<Long> refused) {
    Outcome outcome = outcome(voters, granted, refused);
    if (!isJoint() || outcome == Outcome.LOST) {
      return outcome;
    }
    Outcome other = outcome(outgoing, granted, refused);
    return other == Outcome.WON ? outcome : other;
  }

  private static Outcome outcome(long[] set, Set<Long> granted, Set<Long> refused) {
    int yes = 0;
    int no = 0;
    for (long voter : set) {
      yes += granted.contains(voter) ? 1 : 0;
      no += refused.contains(voter) ? 1 : 0;
    }
    return Quorum.outcome(set.length, yes, no);
  }
}
