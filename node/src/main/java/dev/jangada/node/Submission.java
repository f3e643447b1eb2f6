package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.Entry;
import java.util.concurrent.atomic.AtomicBoolean;

/** A command on its way to the driver, and its future on the way back. */
final class Submission extends PendingRequest<byte[]> implements Outcome.Submit {
  private final byte[] command;
  private final long timeoutTicks;
  private final PendingBudget budget;

  /** The driver's failure and the applier's result may come at the same time. */
  private final AtomicBoolean settled = new AtomicBoolean();

  /**
   * Creates a submission that holds {@link #weight} bytes of the budget until it has an outcome.
   */
  Submission(byte[] command, long timeoutTicks, PendingBudget budget) {
    this.command = command;
    this.timeoutTicks = timeoutTicks;
    this.budget = budget;
  }

  static long weight(byte[] command) {
    return Entry.OVERHEAD_BYTES + (long) command.length;
  }

  @Override
  public void tell(RaftDriver driver) {
    driver.submit(command, timeoutTicks, this);
  }

  @Override
  public void applied(long index, byte[] result) {
    if (settled.compareAndSet(false, true)) {
      budget.release(weight(command));
      future().complete(result);
    }
  }

  @Override
  public void failed(RaftException failure) {
    if (settled.compareAndSet(false, true)) {
      budget.release(weight(command));
      super.failed(failure);
    }
  }
}
