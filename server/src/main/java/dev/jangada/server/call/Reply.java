package dev.jangada.server.call;

import dev.jangada.node.request.RaftException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one answer to a unary request, given from any thread: a response, or a refusal in the words
 * of {@link EtcdError}. The first one counts and later ones are dropped, so that a request whose
 * time is up can be answered while it is still under way.
 */
public final class Reply<T> {

  private static final Logger LOG = LoggerFactory.getLogger(Reply.class);

  private final StreamObserver<T> observer;
  private final AtomicBoolean answered = new AtomicBoolean();

  /** To be created by the thread that is handed the request, before it returns. */
  public Reply(StreamObserver<T> observer) {
    this(observer, () -> {});
  }

  /**
   * The same for an answer that holds something.
   *
   * @param sent run when the answer has been sent as a whole, or its client has gone away
   */
  public Reply(StreamObserver<T> observer, Runnable sent) {
    this.observer = observer;
    if (observer instanceof ServerCallStreamObserver<T> call) {
      // Without a handler, answering a client that has gone away throws. It is no error. And nobody
      // waits for the answer any more.
      call.setOnCancelHandler(() -> {
        answered.set(true);
        sent.run();
      });
      call.setOnCloseHandler(sent);
    }
  }

  /** Whether there is nothing more to be done. */
  public boolean isAnswered() {
    return answered.get();
  }

  /** Does part of the work of answering; what it throws is told to the client. */
  public void attempt(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  /**
   * Goes on once the future is done, on the thread that completes it; if it fails, that is told to
   * the client. Returns at once.
   */
  public <V> void after(CompletableFuture<V> future, Consumer<V> next) {
    var unused =
        future.whenComplete((value, failure) -> {
          if (failure != null) {
            fail(failure);
          } else {
            attempt(() -> next.accept(value));
          }
        });
  }

  /** Answers, unless that has been done. */
  public void send(T response) {
    if (answered.compareAndSet(false, true)) {
      observer.onNext(response);
      observer.onCompleted();
    }
  }

  /** Refuses, unless that has been done. */
  public void refuse(EtcdError error) {
    refuse(error.exception());
  }

  private void refuse(StatusRuntimeException refusal) {
    if (answered.compareAndSet(false, true)) {
      observer.onError(refusal);
    }
  }

  /** Says what went wrong as far as clients understand it; what they do not is logged. */
  public void fail(Throwable failure) {
    refuse(refusal(failure));
  }

  /** What a client is told of a failure; what it could do nothing about is logged. */
  public static StatusRuntimeException refusal(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case RaftException refused -> EtcdError.of(refused).exception();
      case StatusRuntimeException refused -> refused;
      default -> {
        LOG.error("A request failed for a reason that no client can do anything about", cause);
        yield Status.INTERNAL.withDescription("etcdserver: internal error").asRuntimeException();
      }
    };
  }
}
