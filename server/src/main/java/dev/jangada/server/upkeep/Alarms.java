package dev.jangada.server.upkeep;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.ChangeAlarmRequest;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.MemberRequest;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.Admission;
import dev.jangada.server.call.EtcdError;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.NavigableSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The alarms of the cluster, and when this member raises one: when its store has reached its quota.
 * Whoever would make it grow beyond is refused here, before anything is in the log; the alarm,
 * which is, has every member refuse. It stands until somebody ends it. Any thread.
 */
public final class Alarms implements Admission {

  private static final Logger LOG = LoggerFactory.getLogger(Alarms.class);

  private final RaftNode node;
  private final KvStateMachine store;
  private final SpaceQuota quota;
  private final Duration timeout;

  /** The alarm that is on its way into the log. Guarded by this. */
  private @Nullable CompletableFuture<byte[]> raising;

  /**
   * Watches over a quota.
   *
   * @param timeout how long an alarm may take to be raised
   */
  public Alarms(RaftNode node, KvStateMachine store, SpaceQuota quota, Duration timeout) {
    this.node = node;
    this.store = store;
    this.quota = quota;
    this.timeout = timeout;
  }

  /** Those that are raised, as of the last entries that this member has applied. */
  public NavigableSet<Alarm> raised() {
    return store.alarms();
  }

  @Override
  public boolean admits(long bytes) {
    return bytes == 0 || quota.admits(bytes);
  }

  /** {@inheritDoc} Once all members know why, or cannot be told. */
  @Override
  public <V> CompletableFuture<V> refuse(Duration patience) {
    return raise()
        .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
        .handle((done, failure) -> {
          throw refusal();
        });
  }

  private static StatusRuntimeException refusal() {
    return EtcdError.NO_SPACE.exception();
  }

  /** Raises the alarm if the store has grown too large by what other members have proposed. */
  public void look() {
    if (quota.isExceeded()) {
      var unused = raise();
    }
  }

  /** Raises this member's alarm, unless it is raised. A copy: timeouts of one concern no other. */
  private synchronized CompletableFuture<byte[]> raise() {
    Alarm alarm = new Alarm(node.memberId(), AlarmType.NOSPACE);
    if (raised().contains(alarm)) {
      return CompletableFuture.completedFuture(new byte[0]);
    }
    if (raising == null || raising.isDone()) {
      LOG.warn(
          "quota exceeded: bytes={} quota={}; compact, delete, defrag, then disarm the alarm",
          store.sizeInBytes(),
          quota.limitBytes());
      raising =
          node.submit(
              CommandCodec.encode(new MemberRequest(new ChangeAlarmRequest(alarm, true))), timeout);
    }
    return raising.copy();
  }
}
