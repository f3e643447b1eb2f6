package dev.jangada.raft;

/** Why a change of the membership was refused. It has had no effect. */
public enum ChangeRefusal {
  /** This node is not the leader. */
  NOT_LEADER,
  /** The leader is handing its leadership over; try again in a moment. */
  TRANSFERRING,
  /**
   * The leader has not committed an entry of its term yet: until then it cannot know whether an
   * earlier leader's change is committed. Try again in a moment.
   */
  NOT_READY,
  /** Another change is not committed yet, or not finished; try again in a moment. */
  UNDER_WAY,
  /** There is no member with this id. */
  UNKNOWN_MEMBER,
  /** There is a member with this id. */
  DUPLICATE_MEMBER,
  /** A member with this id was removed; a node that is added takes a new id. */
  REMOVED_MEMBER,
  /** Only a learner can be promoted, and only a voter demoted. */
  WRONG_STANDING,
  /** The learner lags too far behind to be of help as a voter. */
  NOT_CAUGHT_UP,
  /** Nobody would be left to vote. */
  NO_VOTERS,
  /** Too few of those who would vote can be reached: the cluster would stand still. */
  QUORUM_AT_RISK,
  /** The member is known in another incarnation: it has lost its log, and must be removed. */
  OTHER_INCARNATION,
  /** There would be too many members, or their addresses would be too long. */
  TOO_LARGE;

  /** Whether the same change may be accepted in a moment. */
  public boolean isTransient() {
    return switch (this) {
      case TRANSFERRING, NOT_READY, UNDER_WAY -> true;
      case NOT_LEADER,
          UNKNOWN_MEMBER,
          DUPLICATE_MEMBER,
          REMOVED_MEMBER,
          WRONG_STANDING,
          NOT_CAUGHT_UP,
          NO_VOTERS,
          QUORUM_AT_RISK,
          OTHER_INCARNATION,
          TOO_LARGE ->
          false;
    };
  }
}
