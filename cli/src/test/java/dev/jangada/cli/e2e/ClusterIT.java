package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeClient;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVResponse;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Txn;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.PutOption;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three processes, killed and brought back under clients. */
@Timeout(1200)
class ClusterIT {

  private static final int WRITERS = 16;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  private LocalCluster cluster;

  @SuppressWarnings("NullAway.Init") // set before each test
  ClusterIT() {}

  @BeforeEach
  void start() throws Exception {
    cluster = TestClusters.start(directory);
  }

  @AfterEach
  void stop() throws Exception {
    cluster.close();
  }

  @Test
  void acknowledgedWritesSurviveTheDeathOfAnyNodeAndOfAll() throws Exception {
    Acknowledgements acknowledged = new Acknowledgements();
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
    try (Client client = client()) {
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        String name = "writer" + writer;
        running.add(writers.submit(() -> write(client.getKVClient(), name, acknowledged, stop)));
      }
      acknowledged.awaitMore(200, PATIENCE);

      int leader = TestClusters.leader(cluster);
      cluster.kill(leader);
      acknowledged.awaitMore(200, PATIENCE);
      cluster.start(leader);
      cluster.awaitServing(PATIENCE, System.out::println);

      int follower = (TestClusters.leader(cluster) + 1) % 3;
      cluster.kill(follower);
      acknowledged.awaitMore(200, PATIENCE);
      cluster.start(follower);
      cluster.awaitServing(PATIENCE, System.out::println);

      for (int node = 0; node < 3; node++) {
        cluster.kill(node);
      }
      for (int node = 0; node < 3; node++) {
        cluster.start(node);
      }
      acknowledged.awaitMore(200, PATIENCE);
      stop.set(true);
      for (Future<?> writer : running) {
        writer.get(60, TimeUnit.SECONDS);
      }
    } finally {
      writers.shutdownNow();
    }
    cluster.awaitServing(PATIENCE, System.out::println);

    List<Acknowledgements.Write> writes = acknowledged.all();
    assertThat(writes).extracting(Acknowledgements.Write::revision).doesNotHaveDuplicates();
    try (Client client = client()) {
      for (Acknowledgements.Write write : writes) {
        List<KeyValue> found =
            client.getKVClient().get(bytes(write.key())).get(60, TimeUnit.SECONDS).getKvs();
        assertThat(found).as("acknowledged %s", write).hasSize(1);
        assertThat(found.get(0).getValue()).isEqualTo(bytes(write.value()));
        assertThat(found.get(0).getModRevision()).isEqualTo(write.revision());
      }
    }
    assertAllNodesHaveTheSameHash();
  }

  /** Each key is written once, so that its revision says which write it holds. */
  private static void write(
      KV store, String name, Acknowledgements acknowledged, AtomicBoolean stop) {
    for (int i = 0; !stop.get(); i++) {
      String key = name + "/" + i;
      String value = "value of " + key;
      try {
        long revision =
            store.put(bytes(key), bytes(value)).get(5, TimeUnit.SECONDS).getHeader().getRevision();
        acknowledged.add(new Acknowledgements.Write(key, value, revision));
      } catch (ExecutionException | TimeoutException e) {
        // Not acknowledged: it may or may not be there.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  @Test
  void compareAndSwapFromTwoClientsLosesNoUpdate() throws Exception {
    int increments = 100;
    try (Client first = client();
        Client second = client()) {
      first.getKVClient().put(bytes("counter"), bytes("0")).get(60, TimeUnit.SECONDS);
      ExecutorService threads = Executors.newFixedThreadPool(2);
      try {
        List<Callable<Object>> clients =
            List.of(
                Executors.callable(() -> increment(first.getKVClient(), increments)),
                Executors.callable(() -> increment(second.getKVClient(), increments)));
        for (Future<Object> client : threads.invokeAll(clients)) {
          client.get();
        }
      } finally {
        threads.shutdownNow();
      }
      assertThat(counter(first.getKVClient()).getValue())
          .isEqualTo(bytes(Integer.toString(2 * increments)));
    }
  }

  private static KeyValue counter(KV store) throws Exception {
    return store.get(bytes("counter")).get(60, TimeUnit.SECONDS).getKvs().get(0);
  }

  private static void increment(KV store, int times) {
    try {
      for (int done = 0; done < times; ) {
        KeyValue seen = counter(store);
        int next = Integer.parseInt(seen.getValue().toString(StandardCharsets.UTF_8)) + 1;
        Txn txn =
            store
                .txn()
                .If(
                    new Cmp(
                        bytes("counter"),
                        Cmp.Op.EQUAL,
                        CmpTarget.modRevision(seen.getModRevision())))
                .Then(Op.put(bytes("counter"), bytes(Integer.toString(next)), PutOption.DEFAULT));
        TxnResponse answer = txn.commit().get(60, TimeUnit.SECONDS);
        if (answer.isSucceeded()) {
          done++;
        }
      }
    } catch (Exception e) {
      throw new AssertionError("increment failed", e);
    }
  }

  @Test
  void minorityRefusesWhatNeedsAMajorityAndServesTheRest() throws Exception {
    try (NodeClient survivor = new NodeClient(cluster.layout().endpoint(0))) {
      KVGrpc.KVBlockingStub store = KVGrpc.newBlockingStub(survivor.channel());
      ByteString key = ByteString.copyFromUtf8("k");
      PutRequest put = PutRequest.newBuilder().setKey(key).setValue(key).build();
      RangeRequest read = RangeRequest.newBuilder().setKey(key).build();
      var unused = store.withDeadlineAfter(60, TimeUnit.SECONDS).put(put);

      cluster.kill(1);
      cluster.kill(2);

      // The server does not wait as long as its clients would, and says why it gives up.
      assertUnavailable(() -> store.withDeadlineAfter(60, TimeUnit.SECONDS).put(put));
      assertUnavailable(() -> store.withDeadlineAfter(60, TimeUnit.SECONDS).range(read));
      assertThat(
              store
                  .withDeadlineAfter(60, TimeUnit.SECONDS)
                  .range(read.toBuilder().setSerializable(true).build())
                  .getKvs(0)
                  .getValue())
          .isEqualTo(key);

      assertServiceReturnsWith(1, store, put);
    }
  }

  private void assertServiceReturnsWith(int node, KVGrpc.KVBlockingStub store, PutRequest put)
      throws Exception {
    long started = System.nanoTime();
    cluster.start(node);
    try (NodeClient returning = new NodeClient(cluster.layout().endpoint(node))) {
      while (returning.status(Duration.ofMillis(500)) == null) {
        assertThat(System.nanoTime() - started).isLessThan(PATIENCE.toNanos());
      }
    }
    long up = System.nanoTime();
    var served = store.withDeadlineAfter(60, TimeUnit.SECONDS).put(put);
    long serving = System.nanoTime();
    assertThat(served.getHeader().getRevision()).isGreaterThan(1);
    System.out.printf(
        "service returned %d ms after the start of the process that made the majority, %d ms after"
            + " that process answered%n",
        (serving - started) / 1_000_000, (serving - up) / 1_000_000);
  }

  private static void assertUnavailable(Callable<?> call) {
    assertThatThrownBy(call::call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getDescription()).startsWith("etcdserver: ");
            });
  }

  private void assertAllNodesHaveTheSameHash() {
    List<NodeClient> nodes =
        IntStream.range(0, 3)
            .mapToObj(node -> new NodeClient(cluster.layout().endpoint(node)))
            .toList();
    try {
      // A linearizable read on each node waits until it has applied all that was acknowledged.
      RangeRequest read = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("any")).build();
      long revision =
          nodes.stream()
              .mapToLong(node ->
                  KVGrpc.newBlockingStub(node.channel())
                      .withDeadlineAfter(60, TimeUnit.SECONDS)
                      .range(read)
                      .getHeader()
                      .getRevision())
              .max()
              .orElseThrow();
      HashKVRequest request = HashKVRequest.newBuilder().setRevision(revision).build();
      assertThat(
              nodes.stream()
                  .map(node ->
                      MaintenanceGrpc.newBlockingStub(node.channel())
                          .withDeadlineAfter(60, TimeUnit.SECONDS)
                          .hashKV(request))
                  .map(HashKVResponse::getHash)
                  .distinct())
          .hasSize(1);
    } finally {
      nodes.forEach(NodeClient::close);
    }
  }

  private Client client() {
    String[] endpoints =
        IntStream.range(0, 3)
            .mapToObj(node -> "http://" + cluster.layout().endpoint(node))
            .toArray(String[]::new);
    return Client.builder().endpoints(endpoints).build();
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }
}
