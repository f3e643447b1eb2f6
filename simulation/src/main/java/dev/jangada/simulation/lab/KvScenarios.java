package dev.jangada.simulation.lab;

import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/** Part 3A: a key-value service that outlives its servers; and 3B: the same with snapshots. */
final class KvScenarios {

  private static final int ITERATIONS = 3;

  /** In part 3B a server wants a snapshot after so many bytes of commands. */
  private static final long SNAPSHOT_BYTES = 1000;

  private KvScenarios() {}

  /** What befalls a service that clients use. */
  private record Trouble(boolean unreliable, boolean restart, boolean partition) {
    static final Trouble NONE = new Trouble(false, false, false);

    Trouble withUnreliable() {
      return new Trouble(true, restart, partition);
    }

    Trouble withRestart() {
      return new Trouble(unreliable, true, partition);
    }

    Trouble withPartition() {
      return new Trouble(unreliable, restart, true);
    }
  }

  /** What a scenario does to a running service. */
  @FunctionalInterface
  private interface Body {
    void run(KvTester tester);
  }

  static List<LabScenario> all() {
    List<LabScenario> all = new ArrayList<>(withoutSnapshots());
    all.addAll(withSnapshots());
    return all;
  }

  private static List<LabScenario> withoutSnapshots() {
    Trouble none = Trouble.NONE;
    Trouble partition = none.withPartition();
    Trouble restart = none.withRestart();
    Trouble both = restart.withPartition();
    return List.of(
        scenario("Basic", "one client", 5, kv -> generic(kv, 1, 0, none)),
        scenario("Speed", "ops complete fast enough", 3, KvScenarios::speed),
        scenario("Concurrent", "many clients", 5, kv -> generic(kv, 5, 0, none)),
        scenario(
            "Unreliable",
            "unreliable net, many clients",
            5,
            kv -> generic(kv, 5, 0, none.withUnreliable())),
        scenario(
            "UnreliableOneKey",
            "concurrent append to same key, unreliable",
            3,
            KvScenarios::unreliableOneKey),
        scenario("OnePartition", "progress in majority", 5, KvScenarios::onePartition),
        scenario(
            "ManyPartitionsOneClient",
            "partitions, one client",
            5,
            kv -> generic(kv, 1, 0, partition)),
        scenario(
            "ManyPartitionsManyClients",
            "partitions, many clients",
            5,
            kv -> generic(kv, 5, 0, partition)),
        scenario("PersistOneClient", "restarts, one client", 5, kv -> generic(kv, 1, 0, restart)),
        scenario(
            "PersistConcurrent", "restarts, many clients", 5, kv -> generic(kv, 5, 0, restart)),
        scenario(
            "PersistConcurrentUnreliable",
            "unreliable net, restarts, many clients",
            5,
            kv -> generic(kv, 5, 0, restart.withUnreliable())),
        scenario(
            "PersistPartition",
            "restarts, partitions, many clients",
            5,
            kv -> generic(kv, 5, 0, both)),
        scenario(
            "PersistPartitionUnreliable",
            "unreliable net, restarts, partitions, many clients",
            5,
            kv -> generic(kv, 5, 0, both.withUnreliable())),
        scenario(
            "PersistPartitionUnreliableLinearizable",
            "unreliable net, restarts, partitions, random keys, many clients",
            7,
            kv -> generic(kv, 15, 15, both.withUnreliable())));
  }

  private static List<LabScenario> withSnapshots() {
    Trouble none = Trouble.NONE;
    Trouble restart = none.withRestart();
    Trouble all = restart.withPartition().withUnreliable();
    return List.of(
        snapshots("SnapshotRPC", "InstallSnapshot RPC", 3, KvScenarios::snapshotRpc),
        snapshots("SnapshotSize", "snapshot size is reasonable", 3, KvScenarios::snapshotSize),
        snapshots("Speed", "ops complete fast enough", 3, KvScenarios::speed),
        snapshots(
            "SnapshotRecover",
            "restarts, snapshots, one client",
            5,
            kv -> generic(kv, 1, 0, restart)),
        snapshots(
            "SnapshotRecoverManyClients",
            "restarts, snapshots, many clients",
            5,
            kv -> generic(kv, 20, 0, restart)),
        snapshots(
            "SnapshotUnreliable",
            "unreliable net, snapshots, many clients",
            5,
            kv -> generic(kv, 5, 0, none.withUnreliable())),
        snapshots(
            "SnapshotUnreliableRecover",
            "unreliable net, restarts, snapshots, many clients",
            5,
            kv -> generic(kv, 5, 0, restart.withUnreliable())),
        snapshots(
            "SnapshotUnreliableRecoverConcurrentPartition",
            "unreliable net, restarts, partitions, snapshots, many clients",
            5,
            kv -> generic(kv, 5, 0, all)),
        snapshots(
            "SnapshotUnreliableRecoverConcurrentPartitionLinearizable",
            "unreliable net, restarts, partitions, snapshots, random keys, many clients",
            7,
            kv -> generic(kv, 15, 15, all)));
  }

  private static LabScenario scenario(String name, String title, int servers, Body body) {
    return new LabScenario("3A", name, title, world -> body.run(new KvTester(world, servers)));
  }

  private static LabScenario snapshots(String name, String title, int servers, Body body) {
    return new LabScenario(
        "3B", name, title, world -> body.run(new KvTester(world, servers, SNAPSHOT_BYTES)));
  }

  /**
   * Clients use the service while it is troubled; then everything they did must be there, once, and
   * in an order that explains all answers.
   *
   * @param sharedKeys how many keys the clients share; 0 if each has its own
   */
  private static void generic(KvTester tester, int clients, int sharedKeys, Trouble trouble) {
    LabWorld world = tester.world();
    world.network().reliable(!trouble.unreliable());
    Clerk checker = tester.newClerk();
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      List<KvClient> running = new ArrayList<>();
      for (int number = 0; number < clients; number++) {
        running.add(
            new KvClient(
                world,
                tester.newClerk(),
                number,
                iteration,
                sharedKeys,
                clients,
                world.newRandom()));
      }
      running.forEach(KvClient::begin);
      Partitioner partitioner = new Partitioner(tester, world.newRandom());
      if (trouble.partition()) {
        world.sleepMillis(1000);
        world.fork(partitioner);
      }
      world.sleepMillis(5000);
      running.forEach(KvClient::stop);
      if (trouble.partition()) {
        partitioner.stop();
        world.join();
        tester.connectAll();
        world.sleepMillis(1000);
      }
      if (trouble.restart()) {
        restartAll(tester);
      }
      awaitAll(world, running);
      for (KvClient client : running) {
        tester.addOperations(client.operations());
        if (sharedKeys == 0) {
          tester.check(checker, client.key(), client.expected());
        }
      }
      tester.checkLogSize();
    }
    tester.checkLinearizable();
  }

  private static void restartAll(KvTester tester) {
    for (int server = 0; server < tester.size(); server++) {
      tester.crash(server);
    }
    tester.world().sleepMillis(1000);
    for (int server = 0; server < tester.size(); server++) {
      tester.start(server);
    }
    tester.connectAll();
  }

  private static void awaitAll(LabWorld world, List<KvClient> clients) {
    long end = world.nowNanos() + LabRunner.LIMIT_NANOS;
    while (!clients.stream().allMatch(KvClient::isDone)) {
      if (world.nowNanos() > end) {
        throw new LabFailure("a client is never answered");
      }
      world.sleepMillis(1);
    }
  }

  /** Puts each server on one of two sides, again and again. */
  private static final class Partitioner implements LabTask {
    private final KvTester tester;
    private final RandomGenerator random;
    private final AtomicBoolean stopped = new AtomicBoolean();

    Partitioner(KvTester tester, RandomGenerator random) {
      this.tester = tester;
      this.random = random;
    }

    void stop() {
      stopped.set(true);
    }

    @Override
    public long step() {
      if (stopped.get()) {
        return DONE;
      }
      int sides = random.nextInt(1 << tester.size());
      tester.partition(server -> (sides >> server & 1) == 0);
      return (1000 + random.nextInt(200)) * LabWorld.MILLIS;
    }
  }

  /** A thousand operations one after the other, three for each heartbeat at least. */
  private static void speed(KvTester tester) {
    int count = 1000;
    Clerk clerk = tester.newClerk();
    String unused = tester.get(clerk, "x");
    StringBuilder expected = new StringBuilder();
    long begin = tester.world().nowNanos();
    for (int i = 0; i < count; i++) {
      String token = "x 0 " + i + " y";
      tester.append(clerk, "x", token);
      expected.append(token);
    }
    long nanos = tester.world().nowNanos() - begin;
    tester.check(clerk, "x", expected.toString());
    tester.checkLogSize();
    if (nanos > count * LabWorld.HEARTBEAT_NANOS / 3) {
      throw LabFailure.of("operations completed too slowly: %.1f ms each", nanos / 1e6 / count);
    }
  }

  private static void unreliableOneKey(KvTester tester) {
    int clients = 5;
    int appends = 10;
    tester.world().network().reliable(false);
    Clerk checker = tester.newClerk();
    List<Clerk> clerks = new ArrayList<>();
    for (int client = 0; client < clients; client++) {
      clerks.add(tester.newClerk());
    }
    for (int i = 0; i < appends; i++) {
      List<KvTester.Pending> pending = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        pending.add(
            tester.begin(clerks.get(client), new Append("k", "x " + client + " " + i + " y")));
      }
      for (KvTester.Pending each : pending) {
        if (!tester.await(each, 30_000)) {
          throw new LabFailure("an append is never answered");
        }
      }
    }
    String found = tester.get(checker, "k");
    for (int client = 0; client < clients; client++) {
      int last = -1;
      for (int i = 0; i < appends; i++) {
        String token = "x " + client + " " + i + " y";
        int at = found.indexOf(token);
        if (at < 0 || found.indexOf(token, at + 1) >= 0 || at < last) {
          throw LabFailure.of("%s is missing, there twice or out of order in %s", token, found);
        }
        last = at;
      }
    }
  }

  /** Only a majority answers, and what the minority was asked takes effect after healing. */
  private static void onePartition(KvTester tester) {
    LabWorld world = tester.world();
    tester.put(tester.newClerk(), "1", "13");
    int leader = tester.awaitLeader();
    int companion = (leader + 1) % tester.size();
    tester.partition(server -> server == leader || server == companion);
    Clerk majority = tester.newClerk(server -> server != leader && server != companion);
    tester.put(majority, "1", "14");
    tester.check(majority, "1", "14");

    Clerk putting = tester.newClerk(server -> server == leader || server == companion);
    Clerk getting = tester.newClerk(server -> server == leader || server == companion);
    KvTester.Pending put = tester.begin(putting, new Put("1", "15"));
    KvTester.Pending get = tester.begin(getting, new Get("1"));
    world.sleepMillis(1000);
    if (put.isDone() || get.isDone()) {
      throw new LabFailure("a minority has answered");
    }
    tester.check(majority, "1", "14");
    tester.put(majority, "1", "16");
    tester.check(majority, "1", "16");

    tester.connectAll();
    putting.connect();
    getting.connect();
    world.sleepMillis(1000);
    if (!tester.await(put, 3000) || !tester.await(get, 3000)) {
      throw new LabFailure("what the minority was asked did not take effect after healing");
    }
    tester.check(tester.newClerk(), "1", "15");
    tester.checkLinearizable();
  }

  /** A server that missed too much catches up by a snapshot, and can then be relied on. */
  private static void snapshotRpc(KvTester tester) {
    Clerk clerk = tester.newClerk();
    tester.put(clerk, "a", "A");
    tester.check(clerk, "a", "A");
    tester.partition(server -> server == 2);
    Clerk majority = tester.newClerk(server -> server != 2);
    for (int i = 0; i < 50; i++) {
      tester.put(majority, String.valueOf(i), String.valueOf(i));
    }
    tester.world().sleepMillis(Tester.ELECTION_MILLIS);
    tester.put(majority, "b", "B");
    tester.checkLogSize();
    // Now nothing goes without the server that was away.
    tester.partition(server -> server == 1);
    Clerk others = tester.newClerk(server -> server != 1);
    tester.put(others, "c", "C");
    tester.put(others, "d", "D");
    tester.check(others, "a", "A");
    tester.check(others, "b", "B");
    tester.check(others, "1", "1");
    tester.check(others, "49", "49");
    tester.checkSnapshotInstalled(2);
    tester.connectAll();
    tester.put(clerk, "e", "E");
    tester.check(clerk, "c", "C");
    tester.check(clerk, "e", "E");
    tester.check(clerk, "1", "1");
    tester.checkLinearizable();
  }

  /**
   * What was overwritten takes no room, in the log or in snapshots. The bound of 500 bytes is the
   * course's. Here a snapshot has one register and one session: less than 100 bytes.
   */
  private static void snapshotSize(KvTester tester) {
    Clerk clerk = tester.newClerk();
    for (int i = 0; i < 200; i++) {
      tester.put(clerk, "x", "0");
      tester.check(clerk, "x", "0");
      tester.put(clerk, "x", "1");
      tester.check(clerk, "x", "1");
    }
    tester.checkLogSize();
    tester.checkSnapshotSize(500);
  }
}
