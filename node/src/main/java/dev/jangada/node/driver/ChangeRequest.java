package dev.jangada.node.driver;

import dev.jangada.node.request.Failures;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.MembershipChange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change of the membership on its way into the log. */
final class ChangeRequest extends Request {
  private final List<MembershipChange> changes;
  private final Outcome.Change outcome;

  /** Where this node, as leader, put the change in its log; 0 while it is in no log. */
  private long index;

  private long term;

  /** Whether the entry is committed: then only a joint configuration may have to be left. */
  private boolean committed;

  /** Why the leader did not take it yet; null if it was not asked. */
  private @Nullable ChangeRefusal lastRefusal;

  ChangeRequest(List<MembershipChange> changes, long deadlineTick, Outcome.Change outcome) {
    super(deadlineTick);
    this.changes = List.copyOf(changes);
    this.outcome = outcome;
  }

  @Override
  Outcome.Change outcome() {
    return outcome;
  }

  List<MembershipChange> changes() {
    return changes;
  }

  @Override
  boolean isUnderWay() {
    return index != 0;
  }

  long index() {
    return index;
  }

  long term() {
    return term;
  }

  void appended(long atIndex, long inTerm) {
    index = atIndex;
    term = inTerm;
  }

  /** Another leader's entry was committed in its place: it is in no log that counts. */
  void lost() {
    index = 0;
    term = 0;
  }

  void refused(ChangeRefusal reason) {
    lastRefusal = reason;
  }

  /** How it fails when its time is up. */
  RaftException expired() {
    ChangeRefusal why = lastRefusal;
    if (isUnderWay()) {
      return Failures.timeout(true);
    }
    return why == null ? Failures.noLeader() : Failures.changeRefused(why);
  }

  void committed() {
    committed = true;
  }

  boolean isCommitted() {
    return committed;
  }
}
