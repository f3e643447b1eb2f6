package dev.jangada.cli.ctl;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stream of requests and answers, the answers waited for. At most one of them is under way ahead
 * of the caller, so that a fast server does not fill the memory of a slow client.
 *
 * <p>One thread takes answers, one sends; anyone may close.
 */
final class MessageStream<Q, A> implements AutoCloseable {

  private final ClientCall<Q, A> call;
  private final BlockingQueue<Arrival<A>> arrivals = new LinkedBlockingQueue<>();

  /** An answer, or how the stream ended. */
  private sealed interface Arrival<A> {
    record Answer<A>(A message) implements Arrival<A> {}

    record End<A>(Status status) implements Arrival<A> {}
  }

  /** Starts the call. */
  MessageStream(ClientCall<Q, A> call) {
    this.call = call;
    call.start(
        new ClientCall.Listener<A>() {
          @Override
          public void onMessage(A message) {
            arrivals.add(new Arrival.Answer<>(message));
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            arrivals.add(new Arrival.End<>(status));
          }
        },
        new Metadata());
    call.request(1);
  }

  MessageStream<Q, A> send(Q request) {
    call.sendMessage(request);
    return this;
  }

  /** Says that there are no more requests. */
  MessageStream<Q, A> end() {
    call.halfClose();
    return this;
  }

  /**
   * Waits for the next answer.
   *
   * @return null if the server has ended the stream well
   * @throws io.grpc.StatusRuntimeException if it has ended otherwise
   */
  @Nullable A next() throws InterruptedException {
    return taken(arrivals.take());
  }

  /** An answer that comes in this time; null if none does, or if the stream has ended well. */
  @Nullable A next(Duration patience) throws InterruptedException {
    Arrival<A> arrival = arrivals.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    return arrival == null ? null : taken(arrival);
  }

  private @Nullable A taken(Arrival<A> arrival) {
    return switch (arrival) {
      case Arrival.Answer<A> answer -> {
        call.request(1);
        yield answer.message();
      }
      case Arrival.End<A> end -> {
        arrivals.add(end);
        if (end.status().isOk()) {
          yield null;
        }
        throw end.status().asRuntimeException();
      }
    };
  }

  @Override
  public void close() {
    call.cancel("no longer wanted", null);
  }
}
