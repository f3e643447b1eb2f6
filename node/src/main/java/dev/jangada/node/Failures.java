package dev.jangada.node;

import dev.jangada.node.RaftException.Reason;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;

/** The ways in which requests fail, with their texts. */
final class Failures {

  private Failures() {}

  static RaftException noLeader() {
    return new RaftException(
        Reason.NO_LEADER, false, "no leader took the request before its time was up");
  }

  static RaftException notLeader(long leader) {
    return new RaftException(
        Reason.NOT_LEADER,
        false,
        leader == 0
            ? "this node is not the leader, and knows of none"
            : "this node is not the leader, " + MemberId.toString(leader) + " is");
  }

  static RaftException timeout(boolean outcomeUnknown) {
    return new RaftException(
        Reason.TIMEOUT,
        outcomeUnknown,
        outcomeUnknown
            ? "the command was proposed, and its outcome was not known before its time was up: it"
                + " may have taken effect or may yet do so"
            : "the request's time was up");
  }

  static RaftException skipped(EntryId snapshot) {
    return new RaftException(
        Reason.TIMEOUT,
        true,
        "this node was so far behind that it received a snapshot up to entry "
            + snapshot
            + " in place of the entries: the command may be among them");
  }

  static RaftException tooLarge(int bytes, long maxBytes) {
    return new RaftException(
        Reason.TOO_LARGE,
        false,
        "the command has " + bytes + " bytes, more than the " + maxBytes + " that are allowed");
  }

  static RaftException overloaded(String what) {
    return new RaftException(Reason.OVERLOADED, false, "too much is under way: " + what);
  }

  static RaftException lost(Entry committed) {
    return new RaftException(
        Reason.LOST,
        false,
        "another leader's entry " + committed.id() + " was committed in place of the command");
  }

  static RaftException stopped(String why, boolean outcomeUnknown) {
    return new RaftException(Reason.STOPPED, outcomeUnknown, why);
  }
}
