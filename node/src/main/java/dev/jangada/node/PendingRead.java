package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.Entry;

/** A linearizable read on its way to the driver, and its future on the way back. */
final class PendingRead extends PendingRequest<Long> implements Outcome.Read {

  /** What a read counts in the budget. */
  static final long WEIGHT = Entry.OVERHEAD_BYTES;

  private final long timeoutTicks;
  private final PendingBudget budget;

  /** Creates a read that holds {@link #WEIGHT} bytes of the budget until it has an outcome. */
  PendingRead(long timeoutTicks, PendingBudget budget) {
    this.timeoutTicks = timeoutTicks;
    this.budget = budget;
  }

  @Override
  public void tell(RaftDriver driver) {
    driver.read(timeoutTicks, this);
  }

  @Override
  public void ready(long index) {
    budget.release(WEIGHT);
    future().complete(index);
  }

  @Override
  public void failed(RaftException failure) {
    budget.release(WEIGHT);
    super.failed(failure);
  }
}
