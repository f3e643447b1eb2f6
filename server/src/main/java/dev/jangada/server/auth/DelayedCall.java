package dev.jangada.server.auth;

import io.grpc.ServerCall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keeps what is heard of a call until it is begun, which waits for something else. */
final class DelayedCall<ReqT> extends ServerCall.Listener<ReqT> {

  private final List<Consumer<ServerCall.Listener<ReqT>>> heard = new ArrayList<>();
  private ServerCall.@Nullable Listener<ReqT> begun;

  /**
   * Waits.
   *
   * @param awaited what for
   * @param executor runs what begins the call
   * @param begin begins the call
   * @param refuse ends the call if what it waits for fails
   */
  DelayedCall(
      CompletableFuture<?> awaited,
      Executor executor,
      Supplier<ServerCall.Listener<ReqT>> begin,
      Consumer<Throwable> refuse) {
    var unused =
        awaited
            .thenRunAsync(() -> begun(begin.get()), executor)
            .exceptionally(failure -> {
              refuse.accept(failure);
              return null;
            });
  }

  private synchronized void begun(ServerCall.Listener<ReqT> listener) {
    heard.forEach(event -> event.accept(listener));
    heard.clear();
    begun = listener;
  }

  /** Events come one after the other; only the beginning may come at the same time. */
  private synchronized void tell(Consumer<ServerCall.Listener<ReqT>> event) {
    if (begun == null) {
      heard.add(event);
    } else {
      event.accept(begun);
    }
  }

  @Override
  public void onMessage(ReqT message) {
    tell(listener -> listener.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    tell(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void onCancel() {
    tell(ServerCall.Listener::onCancel);
  }

  @Override
  public void onComplete() {
    tell(ServerCall.Listener::onComplete);
  }

  @Override
  public void onReady() {
    tell(ServerCall.Listener::onReady);
  }
}
