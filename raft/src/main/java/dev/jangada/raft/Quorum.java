package dev.jangada.raft;

import java.util.Arrays;

/** The arithmetic of majorities. */
final class Quorum {

  private Quorum() {}

  /** How an election stands. */
  enum Outcome {
    PENDING,
    WON,
    LOST
  }

  /** The smallest number of voters of which any two such groups share one. */
  static int majority(int voters) {
    return voters / 2 + 1;
  }

  /**
   * The largest value that a majority has reached, computed from the values themselves, whatever
   * the order in which they changed.
   *
   * @param values one for each voter, at least one; sorted by this call
   */
  static long reachedByMajority(long[] values) {
    Arrays.sort(values);
    return values[values.length - majority(values.length)];
  }

  /** Whether a candidate has won or can no longer win. */
  static Outcome outcome(int voters, int granted, int refused) {
    if (granted >= majority(voters)) {
      return Outcome.WON;
    }
    return voters - refused < majority(voters) ? Outcome.LOST : Outcome.PENDING;
  }
}
