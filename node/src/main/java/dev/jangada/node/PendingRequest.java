package dev.jangada.node;

import dev.jangada.node.request.RaftException;
import dev.jangada.node.thread.DriverEvent;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A request on its way to the driver, and its future on the way back. */
abstract class PendingRequest<T extends @Nullable Object> implements DriverEvent {
  private final CompletableFuture<T> future = new CompletableFuture<>();

  final CompletableFuture<T> future() {
    return future;
  }

  /** Tells whoever waits why the request has failed. */
  public void failed(RaftException failure) {
    future.completeExceptionally(failure);
  }

  @Override
  public final void refuse(RaftException stopped) {
    failed(stopped);
  }
}
