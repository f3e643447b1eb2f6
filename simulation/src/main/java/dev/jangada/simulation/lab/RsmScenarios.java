package dev.jangada.simulation.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Part rsm: the layer between the log and a service, which submits commands and says what came of
 * them. As the course tests it since 2025, with a counter as the service.
 */
final class RsmScenarios {

  /** A server wants a snapshot after so many bytes of commands. */
  private static final long SNAPSHOT_BYTES = 1000;

  private static final int MANY = 100;

  private RsmScenarios() {}

  /** What a scenario does to running servers. */
  @FunctionalInterface
  private interface Body {
    void run(RsmTester tester);
  }

  static List<LabScenario> all() {
    return List.of(
        scenario("Basic", "RSM basic", 0, tester -> tester.incrementAndCheck(10)),
        scenario("Concurrent", "concurrent submit", 0, RsmScenarios::concurrent),
        scenario("LeaderFailure", "leader failure", 0, RsmScenarios::leaderFailure),
        scenario("LeaderPartition", "leader partition", 0, RsmScenarios::leaderPartition),
        scenario("RestartReplay", "restart", 0, RsmScenarios::restartReplay),
        scenario("Shutdown", "shutdown", 0, RsmScenarios::shutdown),
        scenario("RestartSubmit", "restart and submit", 0, RsmScenarios::restartSubmit),
        scenario(
            "Snapshot", "creating and restoring snapshot", SNAPSHOT_BYTES, RsmScenarios::snapshot));
  }

  private static LabScenario scenario(String name, String title, long snapshotBytes, Body body) {
    return new LabScenario(
        "rsm", name, title, world -> body.run(new RsmTester(world, snapshotBytes)));
  }

  private static void concurrent(RsmTester tester) {
    int count = 50;
    List<RsmTester.Attempt> attempts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      attempts.add(tester.begin(server -> true, CounterMachine.INCREMENT));
    }
    await(
        tester,
        () -> attempts.stream().allMatch(RsmTester.Attempt::isOver),
        11_000,
        "an increment is never over");
    tester.checkCounters(count, RsmTester.SERVERS);
  }

  /** A leader that was cut off learns what the others did without it. */
  private static void leaderFailure(RsmTester tester) {
    tester.checkCounters(tester.increment(), RsmTester.SERVERS);
    int leader = tester.leader();
    tester.partition(server -> server == leader);
    tester.checkCounters(tester.increment(server -> server != leader), RsmTester.SERVERS - 1);
    tester.connectAll();
    tester.checkCounters(2, RsmTester.SERVERS);
  }

  /** What a leader without a majority was asked is not done, and it says so once it knows. */
  private static void leaderPartition(RsmTester tester) {
    LabWorld world = tester.world();
    tester.checkCounters(tester.increment(), RsmTester.SERVERS);
    int leader = tester.leader();
    tester.partition(server -> server == leader);
    RsmTester.Burst decrements = tester.burst(leader, CounterMachine.DECREMENT, MANY);
    world.sleepMillis(10);
    long count = tester.increment(server -> server != leader);
    world.sleepMillis(1000);
    if (decrements.isOver()) {
      throw new LabFailure("a leader that is cut off has answered all it was asked");
    }
    tester.connectAll();
    await(tester, decrements::isOver, 1000, "what a leader was asked while cut off is never over");
    if (decrements.successes() > 0) {
      throw LabFailure.of(
          "%d of the commands of a leader that was cut off were done", decrements.successes());
    }
    tester.checkCounters(count, RsmTester.SERVERS);
  }

  private static void restartReplay(RsmTester tester) {
    tester.incrementAndCheck(MANY);
    tester.crashAll();
    tester.world().sleepMillis(1000);
    tester.startAll();
    long count = tester.increment();
    if (count != MANY + 1) {
      throw LabFailure.of("after a restart an increment of %d led to %d", MANY, count);
    }
    tester.world().sleepMillis(1000);
    tester.checkCounters(count, RsmTester.SERVERS);
  }

  /** Nobody waits for a server that has ended. */
  private static void shutdown(RsmTester tester) {
    List<RsmTester.Attempt> attempts = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      attempts.add(tester.begin(server -> true, CounterMachine.NOTHING));
    }
    tester.world().sleepMillis(20);
    tester.crashAll();
    await(
        tester,
        () -> attempts.stream().allMatch(RsmTester.Attempt::isOver),
        11_000,
        "a command is not over long after all servers have ended");
  }

  /** What was submitted before a restart is not taken for what is submitted after it. */
  private static void restartSubmit(RsmTester tester) {
    restartReplay(tester);
    shutdown(tester);
    tester.startAll();
    tester.checkCounters(tester.increment(), RsmTester.SERVERS);
  }

  private static void snapshot(RsmTester tester) {
    for (int i = 0; i < MANY; i++) {
      long unused = tester.increment();
    }
    tester.checkCounters(MANY, RsmTester.SERVERS);
    tester.checkLogSize();
    tester.crashAll();
    tester.startAll();
    tester.checkCounters(tester.increment(), RsmTester.SERVERS);
    tester.checkCounters(MANY + 1, RsmTester.SERVERS);
    tester.checkSnapshotsRestored();
  }

  private static void await(
      RsmTester tester, BooleanSupplier condition, long millis, String otherwise) {
    LabWorld world = tester.world();
    long end = world.nowNanos() + millis * LabWorld.MILLIS;
    while (!condition.getAsBoolean()) {
      if (world.nowNanos() > end) {
        throw new LabFailure(otherwise);
      }
      world.sleepMillis(1);
    }
  }
}
