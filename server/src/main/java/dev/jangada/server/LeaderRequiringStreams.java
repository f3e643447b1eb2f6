package dev.jangada.server;

import dev.jangada.node.driver.LeadershipListener;
import dev.jangada.server.call.EtcdError;
import io.grpc.ForwardingServerCall;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
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
  private final Set<Stream<?, ?>> streams = ConcurrentHashMap.newKeySet();

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
    Stream<ReqT, RespT> stream = new Stream<>(call);
    streams.add(stream);
    return stream.listener(next.startCall(stream, headers));
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    timer.shutdownNow();
  }

  /**
   * A call that may be ended from outside, at any moment, by any thread. Its service goes on
   * answering until it is told that the client is gone; that leads nowhere.
   */
  private final class Stream<ReqT, RespT>
      extends ForwardingServerCall.SimpleForwardingServerCall<ReqT, RespT> {

    /** Whether the call has been ended, by its service or from outside. Guarded by this. */
    private boolean ended;

    private volatile boolean endedFromOutside;

    Stream(ServerCall<ReqT, RespT> call) {
      super(call);
    }

    synchronized void end(Status status) {
      if (!ended) {
        ended = true;
        endedFromOutside = true;
        super.close(status, new Metadata());
      }
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!ended) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(RespT message) {
      if (!ended) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!ended) {
        ended = true;
        super.close(status, trailers);
      }
    }

    ServerCall.Listener<ReqT> listener(ServerCall.Listener<ReqT> ofService) {
      return new ForwardingServerCallListener.SimpleForwardingServerCallListener<>(ofService) {
        @Override
        public void onComplete() {
          streams.remove(Stream.this);
          if (endedFromOutside) {
            super.onCancel();
          } else {
            super.onComplete();
          }
        }

        @Override
        public void onCancel() {
          streams.remove(Stream.this);
          super.onCancel();
        }
      };
    }
  }
}
