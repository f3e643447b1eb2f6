package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.thread.DriverEvent;
import dev.jangada.raft.EntryId;
import java.util.concurrent.CompletableFuture;

/** A snapshot wanted by a user, on its way to the driver, and its future. */
final class PendingSnapshot implements DriverEvent, Outcome.Snapshot {
  private final CompletableFuture<EntryId> future = new CompletableFuture<>();

  CompletableFuture<EntryId> future() {
    return future;
  }

  @Override
  public void tell(RaftDriver driver) {
    driver.takeSnapshot(this);
  }

  @Override
  public void refuse(RaftException stopped) {
    failed(stopped);
  }

  @Override
  public void taken(EntryId last) {
    future.complete(last);
  }

  @Override
  public void failed(RaftException failure) {
    future.completeExceptionally(failure);
  }
}
