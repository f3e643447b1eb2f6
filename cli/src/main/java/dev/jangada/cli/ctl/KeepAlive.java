package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Keeps one lease alive, through whichever server can be reached. For one thread. */
final class KeepAlive implements AutoCloseable {

  private final Connection connection;
  private final long lease;
  private @Nullable MessageStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream;

  /** The caller closes the connection. */
  KeepAlive(Connection connection, long lease) {
    this.connection = connection;
    this.lease = lease;
  }

  /**
   * Renews it once.
   *
   * @param patience how long to wait for one server's answer
   * @return null if no answer came; the time in it is 0 if there is no such lease
   * @throws CtlException if the server refuses, or nobody can be reached
   */
  @Nullable LeaseKeepAliveResponse renew(Duration patience) throws InterruptedException {
    LeaseKeepAliveResponse response = null;
    try {
      if (stream == null) {
        stream = connection.stream(LeaseGrpc.getLeaseKeepAliveMethod(), true);
      }
      response =
          stream.send(LeaseKeepAliveRequest.newBuilder().setID(lease).build()).next(patience);
    } catch (StatusRuntimeException e) {
      if (!Connection.isTransient(e)) {
        throw new CtlException(
            CtlException.Kind.FAILURE, connection.describe(LeaseGrpc.getLeaseKeepAliveMethod(), e));
      }
    }
    if (response == null) {
      close();
      connection.leave();
    }
    return response;
  }

  @Override
  public void close() {
    if (stream != null) {
      stream.close();
      stream = null;
    }
  }
}
