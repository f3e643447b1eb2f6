package dev.jangada.node.driver;

import dev.jangada.node.request.Outcome;
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

  /** The term in which this node last forwarded the command. */
  private long forwardedInTerm;

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

  @Override
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

  void forwarded(long inTerm) {
    underWay = true;
    forwardedInTerm = inTerm;
  }

  long forwardedInTerm() {
    return forwardedInTerm;
  }

  /**
   * The command, forwarded, may be among committed entries that this node does not get to see: it
   * must never be taken back.
   */
  void mayHaveBeenSkipped() {
    forwardedInTerm = Long.MAX_VALUE;
  }

  /**
   * The proposal is certain to be in no log that counts: it goes out once more under a new number,
   * so that whatever is still said about the old attempt cannot be taken for news of the new one.
   */
  void takenBack(long newSequence) {
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
