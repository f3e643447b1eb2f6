package dev.jangada.node;

import dev.jangada.raft.Proposal;
import org.jspecify.annotations.Nullable;

/** A command on its way into the log and out of it again. */
final class SubmitRequest extends Request {
  private final Outcome.Submit outcome;

  /** What is proposed, as long as it may have to be proposed (again). */
  private @Nullable Proposal proposal;

  /** Whether the command may be in some log. */
  private boolean underWay;

  /** Where this node, as leader, put the command in its log; 0 if it did not. */
  private long index;

  SubmitRequest(Proposal proposal, long deadlineTick, Outcome.Submit outcome) {
    super(deadlineTick);
    this.proposal = proposal;
    this.outcome = outcome;
  }

  @Override
  Outcome.Submit outcome() {
    return outcome;
  }

  /** The proposal of a request that is neither done nor in this node's log. */
  Proposal proposal() {
    Proposal present = proposal;
    if (present == null) {
      throw new IllegalStateException("nothing is left to propose");
    }
    return present;
  }

  boolean isUnderWay() {
    return underWay;
  }

  long index() {
    return index;
  }

  void proposed(long atIndex) {
    underWay = true;
    index = atIndex;
    proposal = null;
  }

  void forwarded() {
    underWay = true;
  }

  /**
   * The leader refused the proposal: it is in no log, and goes out once more under a new number, so
   * that a second copy of the same refusal cannot be taken for one of the new attempt.
   */
  void refused(long newSequence) {
    Proposal old = proposal();
    underWay = false;
    proposal = new Proposal(old.proposer(), newSequence, old.data());
  }

  @Override
  void markDone() {
    super.markDone();
    proposal = null;
  }
}
