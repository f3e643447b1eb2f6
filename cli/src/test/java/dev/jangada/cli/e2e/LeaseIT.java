package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.cli.cluster.LocalCluster;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Lock;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.election.LeaderResponse;
import io.etcd.jetcd.election.NotLeaderException;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.lease.LeaseTimeToLiveResponse;
import io.etcd.jetcd.lock.LockResponse;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.support.CloseableClient;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Leases, locks and elections as jetcd uses them, of three processes. */
@Timeout(600)
class LeaseIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private static Path directory;

  private static LocalCluster cluster;
  private static Client client;

  @SuppressWarnings("NullAway.Init") // set before all tests
  LeaseIT() {}

  @BeforeAll
  static void start() throws Exception {
    cluster = TestClusters.start(directory);
    client =
        Client.builder()
            .endpoints(
                IntStream.range(0, 3)
                    .mapToObj(node -> "http://" + cluster.layout().endpoint(node))
                    .toArray(String[]::new))
            .build();
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    cluster.close();
  }

  @Test
  void grantKeepAliveTimeToLiveAndRevoke() throws Exception {
    Lease leases = client.getLeaseClient();
    long lease = get(leases.grant(600)).getID();
    put("lease/a", lease);
    put("lease/b", lease);

    assertThat(get(leases.keepAliveOnce(lease)).getTTL()).isEqualTo(600);
    LeaseTimeToLiveResponse alive =
        get(leases.timeToLive(lease, LeaseOption.builder().withAttachedKeys().build()));
    assertThat(alive.getGrantedTTL()).isEqualTo(600);
    assertThat(alive.getTTL()).isBetween(500L, 600L);
    assertThat(alive.getKeys()).containsExactly(bytes("lease/a"), bytes("lease/b"));

    get(leases.revoke(lease));
    assertThat(count("lease/a") + count("lease/b")).isZero();
    assertThat(get(leases.timeToLive(lease, LeaseOption.DEFAULT)).getTTL()).isEqualTo(-1);
    assertThatThrownBy(() -> get(leases.revoke(lease)))
        .hasMessageContaining("requested lease not found");
  }

  @Test
  void lockIsHeldByOneLeaseAtATime() throws Exception {
    Lock locks = client.getLockClient();
    long first = get(client.getLeaseClient().grant(600)).getID();
    long second = get(client.getLeaseClient().grant(600)).getID();
    LockResponse held = get(locks.lock(bytes("lock"), first));
    CompletableFuture<LockResponse> waiting = locks.lock(bytes("lock"), second);
    assertThatThrownBy(() -> waiting.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);

    get(locks.unlock(held.getKey()));

    assertThat(get(waiting).getKey()).isEqualTo(bytes("lock/" + Long.toHexString(second)));
  }

  @Test
  void electionHasOneLeaderAndObserversSeeEachOfThem() throws Exception {
    Election elections = client.getElectionClient();
    ByteSequence name = bytes("election");
    LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();
    elections.observe(name, new Observer(seen));
    long first = get(client.getLeaseClient().grant(600)).getID();
    long second = get(client.getLeaseClient().grant(600)).getID();
    LeaderKey leader = get(elections.campaign(name, first, bytes("a"))).getLeader();
    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("a");
    CompletableFuture<CampaignResponse> waiting = elections.campaign(name, second, bytes("b"));
    get(elections.proclaim(leader, bytes("a2")));
    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("a2");
    assertThat(waiting).isNotDone();

    get(elections.resign(leader));

    assertThat(get(waiting).getLeader().getLease()).isEqualTo(second);
    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("b");
    assertThat(get(elections.leader(name)).getKv().getValue()).isEqualTo(bytes("b"));
    assertThatThrownBy(() -> get(elections.proclaim(leader, bytes("late"))))
        .hasRootCauseInstanceOf(NotLeaderException.class);
  }

  private record Observer(LinkedBlockingQueue<String> seen) implements Election.Listener {
    @Override
    public void onNext(LeaderResponse response) {
      seen.add(response.getKv().getValue().toString(StandardCharsets.UTF_8));
    }

    @Override
    public void onError(Throwable failure) {
      seen.add("ended: " + failure);
    }

    @Override
    public void onCompleted() {}
  }

  /**
   * While the leader is killed every three seconds, or as soon as the last one is back: leases of
   * five seconds that nobody keeps alive end, and not early, and one that is kept alive does not.
   */
  @Test
  void leasesEndInTimeUnderLeadersThatAreKilledEveryThreeSeconds() throws Exception {
    // Shorter than the whole takes, and longer than a client needs to find the next leader.
    long kept = get(client.getLeaseClient().grant(12)).getID();
    put("kept", kept);
    CloseableClient keepAlive = client.getLeaseClient().keepAlive(kept, new IgnoringObserver());
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger kills = new AtomicInteger();
    Thread killer = Thread.ofPlatform().name("killer").start(() -> killLeaders(enough, kills));
    List<Long> lasted = new ArrayList<>();
    try {
      // Where starting a process takes long, leaders die less often.
      for (int round = 0; round < 3 || kills.get() < 3 || (round < 6 && kills.get() < 5); round++) {
        assertThat(killer.isAlive()).as("leaders are killed").isTrue();
        lasted.add(lifeOfALease("left-" + round));
      }
    } finally {
      enough.set(true);
      killer.join();
      cluster.awaitServing(PATIENCE, System.out::println);
    }
    System.out.println(
        "leases of 5000 ms under %s leader kills lasted (ms): %s".formatted(kills, lasted));
    assertThat(kills).hasValueGreaterThanOrEqualTo(3);
    assertThat(lasted).allSatisfy(millis -> assertThat(millis).isGreaterThanOrEqualTo(5_000L));
    assertThat(count("kept")).isEqualTo(1);
    keepAlive.close();
  }

  /** How long a key of a lease of five seconds was there, from before to after, in milliseconds. */
  private static long lifeOfALease(String key) throws Exception {
    long granted;
    while (true) {
      // Whoever is not answered tries anew, with another lease.
      granted = System.nanoTime();
      try {
        long lease = client.getLeaseClient().grant(5).get(4, TimeUnit.SECONDS).getID();
        client
            .getKVClient()
            .put(bytes(key), bytes("v"), PutOption.builder().withLeaseId(lease).build())
            .get(4, TimeUnit.SECONDS);
        break;
      } catch (ExecutionException | TimeoutException e) {
        System.out.println("not granted: " + e);
      }
    }
    long deadline = granted + PATIENCE.toNanos();
    while (System.nanoTime() - deadline < 0) {
      try {
        if (client.getKVClient().get(bytes(key)).get(2, TimeUnit.SECONDS).getCount() == 0) {
          return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - granted);
        }
      } catch (ExecutionException | TimeoutException e) {
        // No leader at the moment.
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    throw new AssertionError("the lease did not end");
  }

  private static void killLeaders(AtomicBoolean enough, AtomicInteger kills) {
    try {
      while (!enough.get()) {
        long next = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
        int leader = TestClusters.leader(cluster);
        cluster.kill(leader);
        kills.incrementAndGet();
        cluster.start(leader);
        // Else a slow machine would soon have none of them running.
        cluster.awaitServing(PATIENCE, System.out::println);
        while (!enough.get() && System.nanoTime() - next < 0) {
          TimeUnit.MILLISECONDS.sleep(20);
        }
      }
    } catch (Exception e) {
      throw new AssertionError("no more leaders are killed", e);
    }
  }

  private static final class IgnoringObserver implements StreamObserver<LeaseKeepAliveResponse> {
    @Override
    public void onNext(LeaseKeepAliveResponse response) {}

    @Override
    public void onError(Throwable failure) {
      System.out.println("keep-alive: " + failure);
    }

    @Override
    public void onCompleted() {}
  }

  private static void put(String key, long lease) throws Exception {
    KV store = client.getKVClient();
    get(store.put(bytes(key), bytes("v"), PutOption.builder().withLeaseId(lease).build()));
  }

  private static long count(String key) throws Exception {
    return get(client.getKVClient().get(bytes(key))).getCount();
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }
}
