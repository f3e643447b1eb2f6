package dev.jangada.cli.cluster;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks one node how it is. Not for load. Thread-safe. */
public final class NodeClient implements AutoCloseable {

  private final ManagedChannel channel;

  /** Connects, when first used, to {@code host:port}. */
  public NodeClient(String endpoint) {
    channel =
        NettyChannelBuilder.forTarget("dns:///" + endpoint).usePlaintext().directExecutor().build();
  }

  /** The channel to the node, closed with this. */
  public ManagedChannel channel() {
    return channel;
  }

  /** Whether the node answers a linearizable read in time, as etcd's own health check asks. */
  public boolean serves(Duration patience) {
    try {
      var unused =
          KVGrpc.newBlockingStub(channel)
              .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
              .range(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("health")).build());
      return true;
    } catch (StatusRuntimeException e) {
      // A refused connection is tried again with growing pauses; a node that starts is worth more.
      channel.resetConnectBackoff();
      return false;
    }
  }

  /** What the node says of itself; null if it does not answer in time. */
  public @Nullable StatusResponse status(Duration patience) {
    try {
      return MaintenanceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
          .status(StatusRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      channel.resetConnectBackoff();
      return null;
    }
  }

  /** Whether the node answers and says that it is the leader. */
  public boolean isLeader(Duration patience) {
    StatusResponse status = status(patience);
    return status != null
        && status.getLeader() != 0
        && status.getLeader() == status.getHeader().getMemberId();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
