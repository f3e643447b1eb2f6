package dev.jangada.cli.bench;

import com.google.protobuf.ByteString;
import dev.jangada.cli.cluster.ClusterException;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeClient;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Kills leaders and measures the time to the next acknowledged write: one that was sent after the
 * kill, to any node. A writer for each node tries again and again, each try with a short deadline.
 */
final class Failover implements AutoCloseable {

  private static final long TRY_MILLIS = 250;

  /** Pause after a refusal, which may come at once: the dead node's port refuses connections. */
  private static final long PAUSE_MILLIS = 2;

  private static final Duration STATUS_PATIENCE = Duration.ofMillis(500);

  private final LocalCluster cluster;
  private final List<NodeClient> nodes = new ArrayList<>();

  Failover(LocalCluster cluster) {
    this.cluster = cluster;
    for (int node = 0; node < cluster.layout().nodes(); node++) {
      nodes.add(new NodeClient(cluster.layout().endpoint(node)));
    }
  }

  /**
   * What a kill led to.
   *
   * @param killed the leader that was
   * @param acknowledgedBy node that acknowledged the next write
   * @param nanos from just before the kill to that acknowledgement
   */
  record Outcome(int killed, int acknowledgedBy, long nanos) {}

  /** An acknowledged write: when it was sent and when its answer came. */
  private record Acknowledged(int node, long sent, long answered) {}

  /**
   * Waits until the nodes agree on a leader and have the same data, and kills that leader.
   *
   * @throws ClusterException if they do not agree, or no write is acknowledged, in time
   */
  Outcome killLeader(Duration patience) throws ClusterException, InterruptedException {
    int leader = awaitAgreement(patience);
    CompletableFuture<Acknowledged> first = new CompletableFuture<>();
    Writers writers = new Writers();
    try {
      writers.awaitFirst(patience);
      long kill = System.nanoTime();
      writers.expectAfter(kill, first);
      cluster.kill(leader);
      Acknowledged write = first.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return new Outcome(leader, write.node(), write.answered() - kill);
    } catch (TimeoutException e) {
      throw new ClusterException(
          "no write was acknowledged for " + patience.toSeconds() + " s after the leader's death");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      writers.stop();
    }
  }

  private int awaitAgreement(Duration patience) throws ClusterException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() - deadline < 0) {
      Integer leader = agreedLeader();
      if (leader != null) {
        return leader;
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new ClusterException("the nodes do not agree after " + patience.toSeconds() + " s");
  }

  /** Number of the leader if all nodes name the same one and have applied as much as it has. */
  private @Nullable Integer agreedLeader() {
    List<StatusResponse> statuses = new ArrayList<>();
    for (NodeClient node : nodes) {
      StatusResponse status = node.status(STATUS_PATIENCE);
      if (status == null || status.getLeader() == 0) {
        return null;
      }
      statuses.add(status);
    }
    Integer leader = null;
    for (int node = 0; node < statuses.size(); node++) {
      StatusResponse status = statuses.get(node);
      if (status.getLeader() != statuses.get(0).getLeader()
          || status.getRaftAppliedIndex() != statuses.get(0).getRaftAppliedIndex()) {
        return null;
      }
      if (status.getHeader().getMemberId() == status.getLeader()) {
        leader = node;
      }
    }
    return leader;
  }

  @Override
  public void close() {
    nodes.forEach(NodeClient::close);
  }

  /** A thread for each node that writes through it until told to stop. */
  private final class Writers {
    private final List<Thread> threads = new ArrayList<>();
    private final CompletableFuture<Acknowledged> any = new CompletableFuture<>();
    private volatile long since = System.nanoTime();
    private volatile CompletableFuture<Acknowledged> expected = any;
    private volatile boolean stopped;

    Writers() {
      for (int node = 0; node < nodes.size(); node++) {
        int number = node;
        threads.add(Thread.ofPlatform().name("writer-" + node).start(() -> write(number)));
      }
    }

    void awaitFirst(Duration patience)
        throws InterruptedException, ExecutionException, TimeoutException {
      var unused = any.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Completes the future with the first write sent at or after a time. */
    synchronized void expectAfter(long nanos, CompletableFuture<Acknowledged> first) {
      since = nanos;
      expected = first;
    }

    private synchronized void acknowledged(Acknowledged write) {
      if (write.sent() - since >= 0) {
        expected.complete(write);
      }
    }

    private void write(int node) {
      KVGrpc.KVBlockingStub store = KVGrpc.newBlockingStub(nodes.get(node).channel());
      PutRequest request =
          PutRequest.newBuilder()
              .setKey(ByteString.copyFromUtf8("failover-" + node))
              .setValue(ByteString.copyFromUtf8("x".repeat(256)))
              .build();
      while (!stopped) {
        long sent = System.nanoTime();
        try {
          var unused = store.withDeadlineAfter(TRY_MILLIS, TimeUnit.MILLISECONDS).put(request);
          acknowledged(new Acknowledged(node, sent, System.nanoTime()));
        } catch (StatusRuntimeException e) {
          nodes.get(node).channel().resetConnectBackoff();
          pause();
        }
      }
    }

    private void pause() {
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        stopped = true;
      }
    }

    void stop() throws InterruptedException {
      stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }
}
