package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class QuorumPropertyTest {

  @Property(tries = 50)
  void anyTwoMajoritiesShareAVoterAndNoSmallerGroupSuffices(
      @ForAll @IntRange(min = 1, max = 99) int voters) {
    int majority = Quorum.majority(voters);
    assertThat(2 * majority).isGreaterThan(voters);
    assertThat(2 * (majority - 1)).isLessThanOrEqualTo(voters);
  }

  @Property(tries = 500)
  void reachedByMajorityIsTheLargestValueThatAMajorityHasReached(
      @ForAll @Size(min = 1, max = 9) long @LongRange(min = 0, max = 6) [] values) {
    long largest =
        Arrays.stream(values)
            .filter(
                n -> 2 * Arrays.stream(values).filter(value -> value >= n).count() > values.length)
            .max()
            .orElseThrow();
    assertThat(Quorum.reachedByMajority(values.clone())).isEqualTo(largest);
  }

  @Property(tries = 300)
  void anElectionIsDecidedExactlyWhenTheRemainingVotesCannotChangeIt(
      @ForAll @IntRange(min = 1, max = 9) int voters,
      @ForAll @IntRange(min = 0, max = 9) int first,
      @ForAll @IntRange(min = 0, max = 9) int second) {
    int granted = Math.min(first, voters);
    int refused = Math.min(second, voters - granted);
    int open = voters - granted - refused;
    boolean canWin = 2 * (granted + open) > voters;
    boolean hasWon = 2 * granted > voters;
    Quorum.Outcome expected =
        hasWon ? Quorum.Outcome.WON : canWin ? Quorum.Outcome.PENDING : Quorum.Outcome.LOST;
    assertThat(Quorum.outcome(voters, granted, refused)).isEqualTo(expected);
    assertThat(IntStream.rangeClosed(0, open).anyMatch(more -> 2 * (granted + more) > voters))
        .isEqualTo(expected != Quorum.Outcome.LOST);
  }
}
