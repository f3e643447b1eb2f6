package dev.jangada.simulation.lab;

import static dev.jangada.simulation.lab.LabScenarios.snapshots;

import java.util.List;

/** Part 2D: snapshots, and logs that are cut behind them. */
final class SnapshotScenarios {

  private static final int SERVERS = 3;
  private static final int ITERATIONS = 30;

  /**
   * How large a log may be. The course allows 2000 bytes of its encoding. In {@link
   * dev.jangada.storage.WriteAheadLog#logicalBytes}' one an entry with a random number has at most
   * 43 bytes: 24 of its own and 19 digits. Behind the last snapshot there are at most 9 entries,
   * and the 16 commands of an iteration, three of them once more because their first leader was
   * lost; term and vote have 11 bytes.
   */
  private static final long MAX_LOG_BYTES = (9 + 16 + 3) * (24 + 19) + 11;

  /** What becomes of one server in every iteration. */
  private enum Loss {
    NONE,
    CUT,
    CRASH
  }

  private SnapshotScenarios() {}

  static List<LabScenario> all() {
    return List.of(
        common("SnapshotBasic", "snapshots basic", Loss.NONE, true),
        common("SnapshotInstall", "install snapshots (disconnect)", Loss.CUT, true),
        common(
            "SnapshotInstallUnreliable",
            "install snapshots (disconnect+unreliable)",
            Loss.CUT,
            false),
        common("SnapshotInstallCrash", "install snapshots (crash)", Loss.CRASH, true),
        common("SnapshotInstallUnCrash", "install snapshots (unreliable+crash)", Loss.CRASH, false),
        snapshots(
            "SnapshotAllCrash", "crash and restart all servers", SERVERS, t -> allCrash(t, true)),
        snapshots(
            "SnapshotAllCrashUnreliable",
            "crash and restart all servers (unreliable)",
            SERVERS,
            t -> allCrash(t, false)),
        snapshots(
            "SnapshotInit", "snapshot initialization after crash", SERVERS, t -> init(t, true)),
        snapshots(
            "SnapshotInitUnreliable",
            "snapshot initialization after crash (unreliable)",
            SERVERS,
            t -> init(t, false)),
        snapshots(
            "SnapshotInstallDirected",
            "install snapshots over conflicting logs",
            SERVERS,
            SnapshotScenarios::installDirected));
  }

  private static LabScenario common(String name, String title, Loss loss, boolean reliable) {
    return snapshots(name, title, SERVERS, t -> common(t, loss, reliable));
  }

  /** Again and again one server misses so much that the others have cut their logs meanwhile. */
  private static void common(Tester t, Loss loss, boolean reliable) {
    t.world().network().reliable(reliable);
    t.retry(t.randomCommand(), SERVERS);
    int leader = t.checkOneLeader();
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      boolean leaderIsLost = iteration % 3 == 1;
      int follower = (leader + 1) % SERVERS;
      int victim = leaderIsLost ? leader : follower;
      int sender = leaderIsLost ? follower : leader;
      switch (loss) {
        case NONE -> {}
        case CUT -> {
          t.cut(victim);
          t.retry(t.randomCommand(), SERVERS - 1);
        }
        case CRASH -> {
          t.crash(victim);
          t.retry(t.randomCommand(), SERVERS - 1);
        }
      }
      // As many as it takes for a snapshot, or nearly; the sender need not lead any more.
      proposeSome(t, sender);
      t.retry(t.randomCommand(), loss == Loss.NONE ? SERVERS : SERVERS - 1);
      checkLogSize(t);
      switch (loss) {
        case NONE -> {}
        case CUT -> t.connect(victim);
        case CRASH -> t.restart(victim);
      }
      if (loss != Loss.NONE) {
        t.retry(t.randomCommand(), SERVERS);
        leader = t.checkOneLeader();
      }
    }
    if (loss != Loss.NONE && t.snapshotsInstalled() == 0) {
      throw new LabFailure("no server was ever sent a snapshot");
    }
  }

  private static void proposeSome(Tester t, int server) {
    int number = some(t);
    for (int i = 0; i < number; i++) {
      t.propose(server, t.randomCommand());
    }
  }

  /** From 5 to 14. */
  private static int some(Tester t) {
    return 5 + t.random().nextInt(10);
  }

  private static void checkLogSize(Tester t) {
    long size = t.logSize();
    if (size > MAX_LOG_BYTES) {
      throw LabFailure.of("log size too large: %d bytes; at most %d expected", size, MAX_LOG_BYTES);
    }
  }

  private static void allCrash(Tester t, boolean reliable) {
    t.world().network().reliable(reliable);
    t.retry(t.randomCommand(), SERVERS);
    for (int round = 0; round < 5; round++) {
      int number = some(t);
      for (int i = 0; i < number; i++) {
        t.retry(t.randomCommand(), SERVERS);
      }
      long before = t.retry(t.randomCommand(), SERVERS);
      restartAll(t);
      long after = t.retry(t.randomCommand(), SERVERS);
      if (after <= before) {
        throw LabFailure.of("index decreased from %d to %d", before, after);
      }
    }
  }

  /** What is in the first snapshot must still be there when everything is saved once more. */
  private static void init(Tester t, boolean reliable) {
    t.world().network().reliable(reliable);
    for (int i = 0; i < 12; i++) {
      t.retry(t.randomCommand(), SERVERS);
    }
    restartAll(t);
    // Has every server save its state anew.
    t.retry(t.randomCommand(), SERVERS);
    restartAll(t);
    t.retry(t.randomCommand(), SERVERS);
  }

  /**
   * Leaders that are cut off put more into their logs than the others agree on meanwhile. What they
   * are then sent a snapshot for is in the middle of entries that never were committed, and nothing
   * of those may stay; also not if they crash at about the time of the installation. In the
   * course's scenarios a server that is sent a snapshot always has a log that is too short.
   */
  private static void installDirected(Tester t) {
    t.retry(t.randomCommand(), SERVERS);
    for (int round = 0; round < 5; round++) {
      int leader = t.checkOneLeader();
      t.cut(leader);
      for (int i = 0; i < 40; i++) {
        t.propose(leader, t.randomCommand());
      }
      for (int i = 0; i < 25; i++) {
        t.retry(t.randomCommand(), SERVERS - 1);
      }
      t.connect(leader);
      t.sleepMillis(t.random().nextInt(300));
      t.restart(leader);
      t.retry(t.randomCommand(), SERVERS);
    }
    if (t.snapshotsInstalled() == 0) {
      throw new LabFailure("no server was ever sent a snapshot");
    }
  }

  private static void restartAll(Tester t) {
    for (int server = 0; server < SERVERS; server++) {
      t.crash(server);
    }
    for (int server = 0; server < SERVERS; server++) {
      t.start(server);
      t.connect(server);
    }
  }
}
