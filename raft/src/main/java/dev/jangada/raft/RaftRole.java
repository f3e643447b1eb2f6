package dev.jangada.raft;

/** The roles of a node (paper, Figure 4, and dissertation, section 9.6, for the pre-candidate). */
public enum RaftRole {
  /** Follows a leader, or waits for one. */
  FOLLOWER,
  /** Asks whether it could win an election, without having raised its term. */
  PRE_CANDIDATE,
  /** Campaigns in its term; when its time is up, asks whether it could win the next one. */
  CANDIDATE,
  /** Leads its term. */
  LEADER;

  /**
   * Whether this role may be followed by the other. Only a candidate becomes leader; a leader only
   * ever becomes a follower.
   */
  public boolean mayBecome(RaftRole next) {
    return switch (this) {
      case FOLLOWER, PRE_CANDIDATE -> next != LEADER;
      case CANDIDATE -> true;
      case LEADER -> next == FOLLOWER;
    };
  }
}
