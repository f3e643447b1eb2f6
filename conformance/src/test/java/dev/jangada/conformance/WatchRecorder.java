package dev.jangada.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.Watch;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a watcher of jetcd is told, in order. Read by one thread. */
final class WatchRecorder implements Watch.Listener {

  private static final int PATIENCE_SECONDS = 60;

  private final BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
  private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
  private final CompletableFuture<Boolean> end = new CompletableFuture<>();

  @Override
  public void onNext(WatchResponse response) {
    responses.add(response);
  }

  @Override
  public void onError(Throwable cause) {
    failure.complete(cause);
  }

  @Override
  public void onCompleted() {
    end.complete(true);
  }

  /** The next response, whatever it says. */
  WatchResponse next() throws InterruptedException {
    WatchResponse response = responses.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(response).as("failure: %s", failure.getNow(null)).isNotNull();
    return response;
  }

  /** The next responses until they have so many events together, which must not be exceeded. */
  List<WatchEvent> events(int count) throws InterruptedException {
    List<WatchEvent> events = new ArrayList<>();
    while (events.size() < count) {
      events.addAll(next().getEvents());
    }
    assertThat(events).hasSize(count);
    return events;
  }

  /** Why it ended. */
  Throwable failure() throws Exception {
    return failure.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
