package dev.jangada.node.driver;

import dev.jangada.node.request.Outcome;
import org.jspecify.annotations.Nullable;

/** A request under way in a {@link RaftDriver}. Only its driver's thread changes it. */
abstract sealed class Request permits SubmitRequest, ReadRequest, TransferRequest, ChangeRequest {

  /** The driver's tick at which the request's time is up. */
  final long deadlineTick;

  /** Neighbours in a slot of the {@link DeadlineWheel}. */
  @Nullable Request previous;

  @Nullable Request next;

  /** Whether its outcome has been told. */
  private boolean done;

  Request(long deadlineTick) {
    this.deadlineTick = deadlineTick;
  }

  abstract Outcome outcome();

  /** Whether it may yet take effect, even if it is given up. */
  boolean isUnderWay() {
    return false;
  }

  final boolean isDone() {
    return done;
  }

  void markDone() {
    done = true;
  }
}
