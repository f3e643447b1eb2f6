package dev.jangada.node.request;

import dev.jangada.node.request.RaftException.Reason;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;

/** The ways in which requests fail, with their texts. */
public final class Failures {

  private Failures() {}

  public static RaftException noLeader() {
    return new RaftException(
        Reason.NO_LEADER, false, "no leader took the request before its time was up");
  }

  public static RaftException notLeader(long leader) {
    return new RaftException(
        Reason.NOT_LEADER,
        false,
        leader == 0
            ? "this node is not the leader, and knows of none"
            : "this node is not the leader, " + Long.toHexString(leader) + " is");
  }

  public static RaftException notVoter(long member) {
    return new RaftException(
        Reason.NOT_A_VOTER,
        false,
        Long.toHexString(member) + " is not a member with a vote, and cannot lead");
  }

  public static RaftException timeout(boolean outcomeUnknown) {
    return new RaftException(
        Reason.TIMEOUT,
        outcomeUnknown,
        outcomeUnknown
            ? "the command was proposed, and its outcome was not known before its time was up: it"
                + " may have taken effect or may yet do so"
            : "the request's time was up");
  }

  public static RaftException skipped(EntryId snapshot) {
    return new RaftException(
        Reason.TIMEOUT,
        true,
        "this node was so far behind that it received a snapshot up to entry "
            + snapshot
            + " in place of the entries: the command may be among them");
  }

  public static RaftException tooLarge(int bytes, long maxBytes) {
    return new RaftException(
        Reason.TOO_LARGE,
        false,
        "the command has " + bytes + " bytes, more than the " + maxBytes + " that are allowed");
  }

  public static RaftException overloaded(String what) {
    return new RaftException(Reason.OVERLOADED, false, "too much is under way: " + what);
  }

  public static RaftException lost(Entry committed) {
    return new RaftException(
        Reason.LOST,
        false,
        "another leader's entry " + committed.id() + " was committed in place of the command");
  }

  public static RaftException changeRefused(ChangeRefusal reason) {
    return new RaftException(
        Reason.CHANGE_REFUSED,
        false,
        switch (reason) {
          case NOT_LEADER -> "this node is not the leader";
          case TRANSFERRING -> "the leadership is being handed over";
          case NOT_READY -> "the leader is new and does not know yet what is committed";
          case UNDER_WAY -> "another change of the membership is under way";
          case UNKNOWN_MEMBER -> "there is no such member";
          case DUPLICATE_MEMBER -> "there is such a member already";
          case REMOVED_MEMBER -> "the member was removed, and its id is never used again";
          case WRONG_STANDING -> "only a learner can be promoted, and only a voter demoted";
          case NOT_CAUGHT_UP -> "the learner has not caught up with the leader yet";
          case NO_VOTERS -> "nobody would be left to vote";
          case QUORUM_AT_RISK -> "too few of those who would vote can be reached";
          case OTHER_INCARNATION -> "the member is known to have another log";
          case TOO_LARGE -> "there are too many members, or their addresses are too long";
        },
        reason);
  }

  public static RaftException stopped(String why, boolean outcomeUnknown) {
    return new RaftException(Reason.STOPPED, outcomeUnknown, why);
  }
}
