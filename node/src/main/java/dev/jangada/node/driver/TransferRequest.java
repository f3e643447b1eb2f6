package dev.jangada.node.driver;

import dev.jangada.node.request.Outcome;

/** A transfer of leadership that was begun. */
final class TransferRequest extends Request {
  private final long to;
  private final Outcome.Transfer outcome;

  TransferRequest(long to, long deadlineTick, Outcome.Transfer outcome) {
    super(deadlineTick);
    this.to = to;
    this.outcome = outcome;
  }

  long to() {
    return to;
  }

  @Override
  Outcome.Transfer outcome() {
    return outcome;
  }
}
