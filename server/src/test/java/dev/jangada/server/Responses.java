package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a client is sent over a stream, until it ends. */
class Responses<T> implements StreamObserver<T> {
  private static final long PATIENCE_SECONDS = 60;

  /** Those that no test has taken yet. */
  final LinkedBlockingQueue<T> responses = new LinkedBlockingQueue<>();

  /** How the stream ended. */
  final CompletableFuture<Status> end = new CompletableFuture<>();

  /** Takes the next response, and fails if there is none in time. */
  T next() throws InterruptedException {
    T response = responses.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(response).as("response, stream ended: %s", end).isNotNull();
    return Objects.requireNonNull(response);
  }

  @Override
  public void onNext(T response) {
    responses.add(response);
  }

  @Override
  public void onError(Throwable failure) {
    end.complete(Status.fromThrowable(failure));
  }

  @Override
  public void onCompleted() {
    end.complete(Status.OK);
  }
}
