package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.thread.DriverEvent;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A transfer of leadership on its way to the driver, and its future on the way back. */
final class PendingTransfer implements DriverEvent, Outcome.Transfer {
  private final long to;
  private final long timeoutTicks;
  private final CompletableFuture<@Nullable Void> future = new CompletableFuture<>();

  PendingTransfer(long to, long timeoutTicks) {
    this.to = to;
    this.timeoutTicks = timeoutTicks;
  }

  CompletableFuture<@Nullable Void> future() {
    return future;
  }

  @Override
  public void tell(RaftDriver driver) {
    driver.transferLeadership(to, timeoutTicks, this);
  }

  @Override
  public void refuse(RaftException stopped) {
    failed(stopped);
  }

  @Override
  public void transferred() {
    future.complete(null);
  }

  @Override
  public void failed(RaftException failure) {
    future.completeExceptionally(failure);
  }
}
