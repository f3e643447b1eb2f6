package dev.jangada.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The load generator against a store that only counts. */
class LoadGeneratorTest {

  private final CountingStore store = new CountingStore();
  private Server server;

  @SuppressWarnings("NullAway.Init") // set before each test
  LoadGeneratorTest() {}

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(store)
            .directExecutor()
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private Load load(int clients, long total, double rate) {
    return new Load(
        List.of("127.0.0.1:" + server.getPort()), clients, 2, 10, 8, 50, total, 0, 0, rate, false);
  }

  private Load loadFor(Duration duration) {
    return new Load(
        List.of("127.0.0.1:" + server.getPort()),
        4,
        2,
        10,
        8,
        50,
        Load.UNLIMITED,
        duration.toNanos(),
        0,
        0,
        false);
  }

  @Test
  void exactlyTheWantedRequestsAreSentAndCounted() throws Exception {
    LoadResult result = LoadGenerator.run(load(8, 1000, 0), Operation.put(), line -> {});

    assertThat(result.answered()).isEqualTo(1000);
    assertThat(result.errors()).isEmpty();
    assertThat(store.puts.get()).isEqualTo(1000);
    assertThat(store.keys).allMatch(key -> key.length() == 8).hasSizeBetween(2, 50);
    assertThat(store.valueSizes).containsExactly(10);
    assertThat(result.latencies().max()).isGreaterThanOrEqualTo(result.latencies().p50());
    assertThat(result.throughput()).isPositive();
  }

  @Test
  void failuresAreCountedByCodeAndNotAsAnswers() throws Exception {
    store.failEvery = 4;

    LoadResult result = LoadGenerator.run(load(1, 100, 0), Operation.put(), line -> {});

    assertThat(result.errors()).containsOnlyKeys("RESOURCE_EXHAUSTED");
    long failures = result.errors().values().stream().mapToLong(Long::longValue).sum();
    assertThat(failures).isEqualTo(25);
    assertThat(result.answered()).isEqualTo(75);
    assertThat(result.firstError()).isEqualTo("RESOURCE_EXHAUSTED: full");
  }

  @Test
  void rateBoundsTheThroughput() throws Exception {
    LoadResult result = LoadGenerator.run(load(4, 100, 400), Operation.put(), line -> {});

    // 100 requests at 400/s are due over 240 ms at least; how much later they come is not tested.
    assertThat(result.nanos()).isGreaterThan(200_000_000L);
    assertThat(result.answered()).isEqualTo(100);
  }

  @Test
  void durationEndsTheMeasurementAndCountsEveryRequestThatWasStarted() throws Exception {
    LoadResult result =
        LoadGenerator.run(loadFor(Duration.ofMillis(300)), Operation.put(), line -> {});

    assertThat(result.nanos()).isGreaterThanOrEqualTo(300_000_000L);
    assertThat(result.answered()).isPositive();
    assertThat(result.errors()).isEmpty();
    assertThat(store.puts.get()).isEqualTo(result.answered());
  }

  @Test
  void givesUpAStoreThatAnswersNothingAtAll() throws Exception {
    store.failEvery = 1;
    List<String> progress = new CopyOnWriteArrayList<>();

    LoadResult result =
        LoadGenerator.run(load(4, Load.UNLIMITED, 0), Operation.put(), progress::add);

    assertThat(result.answered()).isZero();
    assertThat(result.errors()).containsOnlyKeys("RESOURCE_EXHAUSTED");
    assertThat(progress.getLast())
        .isEqualTo(
            "given up: 127.0.0.1:%d has answered no request in 10 s.".formatted(server.getPort())
                + " The first failed with RESOURCE_EXHAUSTED: full");
  }

  @Test
  void fillWritesEachKeyOnce() throws Exception {
    LoadGenerator.fill(load(8, 1, 0), line -> {});

    assertThat(store.puts.get()).isEqualTo(50);
    assertThat(store.keys).hasSize(50);
  }

  @Test
  void fillFailsIfAPutDoes() {
    store.failEvery = 10;

    assertThatThrownBy(() -> LoadGenerator.fill(load(2, 1, 0), line -> {}))
        .hasMessageContaining("RESOURCE_EXHAUSTED: full");
  }

  @Test
  void rangeAsksForTheWantedConsistency() throws Exception {
    LoadResult linearizable = LoadGenerator.run(load(1, 10, 0), Operation.range(false), line -> {});
    assertThat(store.serializable).containsExactly(false);
    store.serializable.clear();
    LoadResult serializable = LoadGenerator.run(load(1, 10, 0), Operation.range(true), line -> {});

    assertThat(store.serializable).containsExactly(true);
    assertThat(linearizable.operation()).isNotEqualTo(serializable.operation());
  }

  @Test
  void resultIsReadableByPeopleAndPrograms() throws Exception {
    LoadResult result = LoadGenerator.run(load(1, 20, 0), Operation.put(), line -> {});

    assertThat(result.toText()).contains("put: 20 requests", "p99.9", "errors      none");
    assertThat(result.toJson())
        .startsWith("{\"operation\":\"put\"")
        .contains("\"answered\":20", "\"p999_ms\":", "\"errors\":0,")
        .doesNotContain("\n");
  }

  private static final class CountingStore extends KVGrpc.KVImplBase {
    final AtomicInteger puts = new AtomicInteger();
    final Set<String> keys = ConcurrentHashMap.newKeySet();
    final Set<Integer> valueSizes = ConcurrentHashMap.newKeySet();
    final Set<Boolean> serializable = ConcurrentHashMap.newKeySet();
    volatile int failEvery = Integer.MAX_VALUE;

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> answer) {
      keys.add(request.getKey().toStringUtf8());
      valueSizes.add(request.getValue().size());
      if (puts.incrementAndGet() % failEvery == 0) {
        answer.onError(Status.RESOURCE_EXHAUSTED.withDescription("full").asRuntimeException());
      } else {
        answer.onNext(PutResponse.getDefaultInstance());
        answer.onCompleted();
      }
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> answer) {
      serializable.add(request.getSerializable());
      answer.onNext(RangeResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }
}
