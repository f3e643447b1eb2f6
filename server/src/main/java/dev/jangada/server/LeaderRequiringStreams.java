package dev.jangada.server;

import dev.jangada.node.driver.LeadershipListener;
import dev.jangada.server.call.EndableCall;
import dev.jangada.server.call.EtcdError;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends the streams of clients that want a leader behind them, once this member has known none for a
 * while: a watch would be silent and look as if nothing happened. They have other members to try.
 *
 * <p>The while is three election timeouts, as in etcd: an ordinary change of leader ends nothing.
 */
final class LeaderRequiringStreams implements LeadershipListener, AutoCloseable {

  private static final int ELECTION_TIMEOUTS = 3;

  private final long patienceNanos;
  private final ScheduledExecutorService timer;
  private final Set<EndableCall<?, ?>> streams = ConcurrentHashMap.newKeySet();

  /** What ends the streams if no leader is found until then. Guarded by this. */
  private @Nullable ScheduledFuture<?> verdict;

  private boolean closed;

  LeaderRequiringStreams(String memberName, Duration electionTimeout) {
    this.patienceNanos = electionTimeout.multipliedBy(ELECTION_TIMEOUTS).toNanos();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(task -> {
          Thread thread = new Thread(task, "jangada-" + memberName + "-leaderless");
          thread.setDaemon(true);
          return thread;
        });
  }

  @Override
  public synchronized void leadershipChanged(long leader, long term, boolean isLeader) {
    if (leader != 0 && verdict != null) {
      verdict.cancel(false);
      verdict = null;
    } else if (leader == 0 && verdict == null && !closed) {
      verdict = timer.schedule(this::endAll, patienceNanos, TimeUnit.NANOSECONDS);
    }
  }

  private void endAll() {
    List.copyOf(streams).forEach(stream -> stream.end(EtcdError.NO_LEADER.status()));
  }

  /** Serves a stream, and sees to it that it ends with the leader. */
  <ReqT, RespT> ServerCall.Listener<ReqT> serve(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    EndableCall<ReqT, RespT> stream = new EndableCall<>(call);
    streams.add(stream);
    return stream.listener(next.startCall(stream, headers), () -> streams.remove(stream));
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    timer.shutdownNow();
  }
}
