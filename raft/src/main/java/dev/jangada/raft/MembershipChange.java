package dev.jangada.raft;

/**
 * One of the things that {@link Raft#changeMembership} is asked to do. Several together become one
 * change, which is made as a whole or not at all. The id of who is added is not 0, and an address
 * has at most {@value Member#MAX_ADDRESS_CHARS} characters, in words that the core does not read;
 * the constructors throw an {@link IllegalArgumentException} otherwise.
 */
public sealed interface MembershipChange {

  /** The member that it is about. */
  long id();

  /**
   * Adds a voter that has nothing of the log. Until it has caught up it counts among those of whom
   * a majority is needed and cannot help to be one: as a rule a {@link AddLearner learner} is the
   * better beginning.
   *
   * @param id never used before, not even by a member that was removed
   * @param address where the others reach it
   */
  record AddVoter(long id, String address) implements MembershipChange {
    public AddVoter {
      checkMember(id, address);
    }
  }

  /**
   * Adds a member that gets the log and has no vote.
   *
   * @param id never used before, not even by a member that was removed
   * @param address where the others reach it
   * @param promote whether the leader makes it a voter as soon as it has caught up
   */
  record AddLearner(long id, String address, boolean promote) implements MembershipChange {
    public AddLearner {
      checkMember(id, address);
    }
  }

  /** Makes a learner that has caught up a voter. */
  record Promote(long id) implements MembershipChange {}

  /** Makes a voter a learner. */
  record Demote(long id) implements MembershipChange {}

  /** Removes a member for good: its id will never be taken again. */
  record Remove(long id) implements MembershipChange {}

  /** Says where a member is reached from now on. */
  record Move(long id, String address) implements MembershipChange {
    public Move {
      checkAddress(id, address);
    }
  }

  /**
   * Notes the incarnation of a member of which none is known.
   *
   * @param incarnation see {@link Member#incarnation}; not 0
   */
  record Identify(long id, long incarnation) implements MembershipChange {}

  /** Or the leader that is asked would find out only when it makes the member. */
  private static void checkMember(long id, String address) {
    if (id == 0) {
      throw new IllegalArgumentException("no member can have the id 0, which means nobody");
    }
    checkAddress(id, address);
  }

  private static void checkAddress(long id, String address) {
    if (address.length() > Member.MAX_ADDRESS_CHARS) {
      throw new IllegalArgumentException(
          "the address of member "
              + Long.toHexString(id)
              + " has more than "
              + Member.MAX_ADDRESS_CHARS
              + " characters");
    }
  }
}
