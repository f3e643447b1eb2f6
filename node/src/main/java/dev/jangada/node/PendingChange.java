package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.thread.DriverEvent;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A change of the membership on its way to the driver, and its future on the way back. */
final class PendingChange implements DriverEvent, Outcome.Change {
  private final List<MembershipChange> changes;
  private final long timeoutTicks;
  private final CompletableFuture<Membership> future = new CompletableFuture<>();

  PendingChange(List<MembershipChange> changes, long timeoutTicks) {
    this.changes = List.copyOf(changes);
    this.timeoutTicks = timeoutTicks;
  }

  CompletableFuture<Membership> future() {
    return future;
  }

  @Override
  public void tell(RaftDriver driver) {
    driver.changeMembership(changes, timeoutTicks, this);
  }

  @Override
  public void refuse(RaftException stopped) {
    failed(stopped);
  }

  @Override
  public void changed(Membership membership) {
    future.complete(membership);
  }

  @Override
  public void failed(RaftException failure) {
    future.completeExceptionally(failure);
  }
}
