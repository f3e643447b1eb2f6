package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A lease that is kept alive as long as this process lives, and with it the keys that say that it
 * holds a lock or leads. Closing it ends the lease, which deletes the keys.
 *
 * <p>Thread-safe.
 */
final class Session implements AutoCloseable {

  private final Connection connection;
  private final long lease;
  private final Duration timeToLive;
  private final Thread renewal;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean closed = new AtomicBoolean();

  private Session(Connection connection, LeaseGrantResponse lease) {
    this.connection = connection;
    this.lease = lease.getID();
    this.timeToLive = Duration.ofSeconds(lease.getTTL());
    this.renewal = Thread.ofVirtual().name("keep-alive").unstarted(this::renew);
  }

  /**
   * Grants the lease.
   *
   * @param seconds how long it outlives this process
   */
  static Session open(Ctl ctl, long seconds) {
    // A connection of its own: it is used by another thread than the command's.
    Connection connection = ctl.newConnection();
    LeaseGrantResponse lease =
        connection.call(
            LeaseGrpc.getLeaseGrantMethod(),
            LeaseGrantRequest.newBuilder().setTTL(seconds).build());
    Session session = new Session(connection, lease);
    session.renewal.start();
    return session;
  }

  long lease() {
    return lease;
  }

  /** Whether the lease may still be there. */
  boolean isAlive() {
    return ended.getCount() > 0;
  }

  /** Waits until the lease is gone. */
  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  private void renew() {
    long lastAnswer = System.nanoTime();
    Duration third = timeToLive.dividedBy(3);
    try (KeepAlive keepAlive = new KeepAlive(connection, lease)) {
      while (System.nanoTime() - lastAnswer < timeToLive.toNanos()) {
        long asked = System.nanoTime();
        LeaseKeepAliveResponse response = answer(keepAlive, third);
        if (response == null) {
          continue;
        }
        if (response.getTTL() <= 0) {
          break;
        }
        // The lease lives from when the server got the request, which was not before this.
        lastAnswer = asked;
        TimeUnit.MILLISECONDS.sleep(third.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended.countDown();
    }
  }

  private static @Nullable LeaseKeepAliveResponse answer(KeepAlive keepAlive, Duration patience)
      throws InterruptedException {
    try {
      return keepAlive.renew(patience);
    } catch (CtlException e) {
      // Somebody may be reached before the lease ends.
      return null;
    }
  }

  /** Ends the lease. If no server can be reached, it ends by itself. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    renewal.interrupt();
    try {
      renewal.join();
      var unused =
          connection.call(
              LeaseGrpc.getLeaseRevokeMethod(),
              LeaseRevokeRequest.newBuilder().setID(lease).build());
    } catch (CtlException e) {
      // It had ended, or will.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connection.close();
    }
  }
}
