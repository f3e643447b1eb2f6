package dev.jangada.node.driver;

import dev.jangada.node.request.Outcome;

/** A linearizable read waiting for its index, or for the state machine to reach it. */
final class ReadRequest extends Request {
  private final Outcome.Read outcome;

  ReadRequest(long deadlineTick, Outcome.Read outcome) {
    super(deadlineTick);
    this.outcome = outcome;
  }

  @Override
  Outcome.Read outcome() {
    return outcome;
  }
}
