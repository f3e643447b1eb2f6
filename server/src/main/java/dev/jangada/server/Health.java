package dev.jangada.server;

import dev.jangada.node.driver.LeadershipListener;
import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this member can serve, for load balancers and orchestrators that ask by gRPC's health
 * protocol: it can while it knows a leader.
 */
final class Health implements LeadershipListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  private final Members members;
  private final HealthStatusManager manager = new HealthStatusManager();
  private final AtomicBoolean closed = new AtomicBoolean();

  Health(Members members) {
    this.members = members;
    set(false);
  }

  /** What is asked. */
  BindableService service() {
    return manager.getHealthService();
  }

  @Override
  public void leadershipChanged(long leader, long term, boolean isLeader) {
    set(leader != 0);
    LOG.info(
        "leadership: term={} leader={} self={}",
        term,
        leader == 0 ? "none" : members.describe(leader),
        isLeader);
  }

  /** From now on the answer is no. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      manager.enterTerminalState();
    }
  }

  private void set(boolean serving) {
    manager.setStatus(
        HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
        serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }
}
