package dev.jangada.server;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long a request may take: as long as the server allows, but a little less than the client
 * does, so that the client hears from the server what is wrong rather than from its own clock only
 * that something is.
 */
final class RequestDeadline {

  private static final long LEAST_MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int MARGIN_DIVISOR = 20;

  private final Duration limit;

  RequestDeadline(Duration limit) {
    this.limit = limit;
  }

  /** For the request that the calling thread serves. */
  Duration forCurrentRequest() {
    return within(Context.current().getDeadline());
  }

  /** Never negative. */
  Duration within(@Nullable Deadline deadline) {
    if (deadline == null) {
      return limit;
    }
    long left = Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
    long margin = Math.max(LEAST_MARGIN_NANOS, left / MARGIN_DIVISOR);
    // A client in a great hurry gets half of its time rather than none.
    Duration allowed = Duration.ofNanos(Math.max(left - margin, left / 2));
    return allowed.compareTo(limit) < 0 ? allowed : limit;
  }
}
