package dev.jangada.server.call;

import io.grpc.Context;
import io.grpc.Deadline;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How long a request may take: as long as the server allows, but a little less than the client
 * does, so that the client hears from the server what is wrong rather than from its own clock only
 * that something is.
 *
 * <p>The node, which knows best what is wrong, is given this time. But it counts it in ticks, and
 * those come late on a machine that is overloaded. So where the client set the limit, a clock
 * stands by to answer in the last moment.
 */
public final class RequestDeadline implements AutoCloseable {

  private static final long LEAST_MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int MARGIN_DIVISOR = 20;
  private static final int TIMER_TICK_MILLIS = 10;

  private final Duration limit;
  private final HashedWheelTimer timer;

  /** Allows this much where the client does not allow less. */
  public RequestDeadline(String memberName, Duration limit) {
    this.limit = limit;
    this.timer =
        new HashedWheelTimer(
            new DefaultThreadFactory("jangada-" + memberName + "-deadlines", true),
            TIMER_TICK_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  /**
   * Makes the request that the calling thread serves wait for something that is given a limited
   * time, and refuses it when the time is up.
   *
   * @return what it waits for
   */
  public <V> CompletableFuture<V> limit(
      Reply<?> reply, Function<Duration, CompletableFuture<V>> start) {
    Deadline clients = Context.current().getDeadline();
    Duration allowed = within(clients);
    CompletableFuture<V> future = start.apply(allowed);
    if (clients == null || future.isDone()) {
      return future;
    }
    // Halfway between what the node was given and what the client waits for.
    long left = Math.max(0, clients.timeRemaining(TimeUnit.NANOSECONDS));
    long latest = allowed.toNanos() + Math.max(0, left - allowed.toNanos()) / 2;
    Timeout timeout =
        timer.newTimeout(expired -> reply.refuse(EtcdError.TIMEOUT), latest, TimeUnit.NANOSECONDS);
    return future.whenComplete((value, failure) -> timeout.cancel());
  }

  /** Always positive. */
  public Duration within(@Nullable Deadline deadline) {
    if (deadline == null) {
      return limit;
    }
    long left = Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
    long margin = Math.max(LEAST_MARGIN_NANOS, left / MARGIN_DIVISOR);
    // A client in a great hurry gets half of its time rather than none.
    Duration allowed = Duration.ofNanos(Math.max(1, Math.max(left - margin, left / 2)));
    return allowed.compareTo(limit) < 0 ? allowed : limit;
  }

  @Override
  public void close() {
    timer.stop();
  }
}
