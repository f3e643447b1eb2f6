package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import org.jspecify.annotations.Nullable;

/** A transfer of leadership on its way to the driver, and its future on the way back. */
final class PendingTransfer extends PendingRequest<@Nullable Void> implements Outcome.Transfer {
  private final long to;
  private final long timeoutTicks;

  PendingTransfer(long to, long timeoutTicks) {
    this.to = to;
    this.timeoutTicks = timeoutTicks;
  }

  @Override
  public void tell(RaftDriver driver) {
    driver.transferLeadership(to, timeoutTicks, this);
  }

  @Override
  public void transferred() {
    future().complete(null);
  }
}
