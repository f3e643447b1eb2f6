package dev.jangada.server.lease;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.LeaseClock;
import dev.jangada.kv.LeaseStopwatch;
import dev.jangada.kv.LeaseStopwatch.LogPosition;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.node.RaftNode;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.raft.RaftStatus;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets time pass for leases while this member leads: tells the log, about twice a second and one
 * entry at a time, how much has passed. While there are no leases it does nothing. What it tells is
 * up to {@link LeaseStopwatch}.
 */
public final class LeaseTimer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseTimer.class);

  private static final long LOOK_MILLIS = 100;
  private static final long CLOSE_SECONDS = 5;

  private final RaftNode node;
  private final KvStateMachine store;
  private final ScheduledExecutorService executor;
  private final LeaseStopwatch stopwatch = new LeaseStopwatch(System.nanoTime());

  /** Begins to look, on a thread of its own. */
  public LeaseTimer(String memberName, RaftNode node, KvStateMachine store) {
    this.node = node;
    this.store = store;
    this.executor =
        Executors.newSingleThreadScheduledExecutor(task -> {
          Thread thread = new Thread(task, "jangada-" + memberName + "-leases");
          thread.setDaemon(true);
          return thread;
        });
    var unused =
        executor.scheduleWithFixedDelay(
            this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      RaftStatus status = node.status();
      // In this order, so that the clock is at least as new as what is said to be applied.
      long applied = store.appliedIndex();
      LeaseClock clock = store.leaseClock();
      boolean leads = status.leader() == node.memberId();
      long now = System.nanoTime();
      AdvanceLeaseClockRequest advance =
          stopwatch.look(
              now, new LogPosition(status.term(), leads, status.last().index(), applied), clock);
      if (advance != null) {
        // Never by way of another member: only who leads may say that time has passed.
        StartResult started = node.start(CommandCodec.encode(advance));
        if (started.isLeader()) {
          stopwatch.proposed(System.nanoTime(), now, advance, started.index(), started.term());
        }
      }
    } catch (RaftException refused) {
      LOG.debug("leases: the clock is advanced later", refused);
    } catch (RuntimeException e) {
      // What fails here fails the node as well, unless it is closed already.
      LOG.debug("leases: the clock stands still", e);
    }
  }

  /** To be called before node and store are closed. */
  @Override
  public void close() {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("leases: the clock's thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
