package dev.jangada.simulation.lab;

import static dev.jangada.simulation.lab.LabScenarios.raft;

import dev.jangada.node.request.StartResult;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Part 2C: what survives crashes and bad networks. */
final class PersistenceScenarios {

  private PersistenceScenarios() {}

  static List<LabScenario> all() {
    return List.of(
        raft("2C", "Persist1", "basic persistence", 3, PersistenceScenarios::persist1),
        raft("2C", "Persist2", "more persistence", 5, PersistenceScenarios::persist2),
        raft(
            "2C",
            "Persist3",
            "partitioned leader and one follower crash, leader restarts",
            3,
            PersistenceScenarios::persist3),
        raft("2C", "Figure8", "Figure 8", 5, PersistenceScenarios::figure8),
        raft(
            "2C",
            "UnreliableAgree",
            "unreliable agreement",
            5,
            PersistenceScenarios::unreliableAgree),
        raft(
            "2C",
            "Figure8Unreliable",
            "Figure 8 (unreliable)",
            5,
            PersistenceScenarios::figure8Unreliable),
        raft("2C", "ReliableChurn", "churn", 5, t -> Churn.run(t, true)),
        raft("2C", "UnreliableChurn", "unreliable churn", 5, t -> Churn.run(t, false)),
        raft(
            "2C",
            "Figure8Directed",
            "Figure 8, as in the paper",
            5,
            PersistenceScenarios::figure8Directed));
  }

  private static void persist1(Tester t) {
    t.retry(11, t.size());
    for (int server = 0; server < t.size(); server++) {
      t.crash(server);
      t.start(server);
    }
    for (int server = 0; server < t.size(); server++) {
      t.connect(server);
    }
    t.retry(12, t.size());
    t.restart(t.checkOneLeader());
    t.retry(13, t.size());
    int second = t.checkOneLeader();
    t.cut(second);
    t.retry(14, t.size() - 1);
    t.restart(second);
    // It catches up before anybody else is lost.
    t.await(4, t.size(), 0);
    int follower = (t.checkOneLeader() + 1) % t.size();
    t.cut(follower);
    t.retry(15, t.size() - 1);
    t.restart(follower);
    t.retry(16, t.size());
  }

  private static void persist2(Tester t) {
    int size = t.size();
    long command = 1;
    for (int round = 0; round < 5; round++) {
      t.retry(10 + command++, size);
      int leader = t.checkOneLeader();
      t.cut((leader + 1) % size);
      t.cut((leader + 2) % size);
      t.retry(10 + command++, size - 2);
      t.cut(leader);
      t.cut((leader + 3) % size);
      t.cut((leader + 4) % size);
      t.restart((leader + 1) % size);
      t.restart((leader + 2) % size);
      t.sleepElection();
      // Of the three that are then there, only this one has the newest entry.
      t.restart((leader + 3) % size);
      t.retry(10 + command++, size - 2);
      t.connect((leader + 4) % size);
      t.connect(leader);
    }
    t.retry(1000, size);
  }

  private static void persist3(Tester t) {
    t.retry(101, 3);
    int leader = t.checkOneLeader();
    t.cut((leader + 2) % t.size());
    t.retry(102, 2);
    t.crash(leader);
    t.crash((leader + 1) % t.size());
    t.connect((leader + 2) % t.size());
    t.restart(leader);
    t.retry(103, 2);
    t.restart((leader + 1) % t.size());
    t.retry(104, t.size());
  }

  private static void figure8(Tester t) {
    t.retry(t.randomCommand(), 1);
    for (int iteration = 0; iteration < 1000; iteration++) {
      int leader = -1;
      for (int server = 0; server < t.size(); server++) {
        if (t.isRunning(server) && t.propose(server, t.randomCommand()).isLeader()) {
          leader = server;
        }
      }
      sleepLongOrShort(t);
      if (leader >= 0) {
        t.crash(leader);
      }
      if (t.count(t::isRunning) < 3) {
        int server = t.random().nextInt(t.size());
        if (!t.isRunning(server)) {
          t.start(server);
          t.connect(server);
        }
      }
    }
    for (int server = 0; server < t.size(); server++) {
      if (!t.isRunning(server)) {
        t.start(server);
        t.connect(server);
      }
    }
    t.retry(t.randomCommand(), t.size());
  }

  /**
   * The paper's Figure 8, step by step, where {@link #figure8} hopes to come across it: an entry of
   * an old term that a majority has is not committed by that, and may still be replaced.
   */
  private static void figure8Directed(Tester t) {
    t.one(10, t.size());
    // (a) The first leader gets an entry to one follower only.
    int first = t.checkOneLeader();
    int follower = (first + 1) % t.size();
    List<Integer> others = new ArrayList<>();
    for (int i = 2; i < t.size(); i++) {
      others.add((first + i) % t.size());
    }
    others.forEach(t::cut);
    expectLeads(t.propose(first, 20));
    t.sleepMillis(100);
    t.cut(first);
    t.cut(follower);
    // (b) The others elect a leader, which gets another entry to nobody.
    others.forEach(t::connect);
    int second = t.checkOneLeader();
    t.cut(second);
    expectLeads(t.propose(second, 30));
    t.sleepMillis(100);
    others.remove(Integer.valueOf(second));
    t.cut(others.get(1));
    // (c) One of those with the first entry leads again, in a newer term, and gets that entry to a
    // third server. Now a majority has it; but no entry of the newer term follows it.
    t.connect(first);
    t.connect(follower);
    t.checkOneLeader();
    t.sleepElection();
    if (t.nCommitted(2).count() > 0) {
      throw LabFailure.of(
          "an entry of an old term, %s, was committed by counting", t.nCommitted(2).text());
    }
    // (d) The one with the other entry is elected, because its last term is newer, and replaces it.
    t.cut(first);
    t.cut(follower);
    t.connect(others.get(1));
    t.connect(second);
    t.retry(40, 3);
    for (int server = 0; server < t.size(); server++) {
      t.connect(server);
    }
    t.retry(50, t.size());
    if (!t.nCommitted(2).text().equals("30")) {
      throw LabFailure.of("index 2 should have 30, but has %s", t.nCommitted(2).text());
    }
  }

  private static void expectLeads(StartResult result) {
    if (!result.isLeader()) {
      throw new LabFailure("the leader refuses a command");
    }
  }

  /** Long enough for a leader to replicate, or too short for that. */
  private static void sleepLongOrShort(Tester t) {
    boolean isLong = t.random().nextInt(1000) < 100;
    t.sleepMillis(t.random().nextLong(isLong ? Tester.ELECTION_MILLIS / 2 : 13));
  }

  private static void unreliableAgree(Tester t) {
    t.world().network().reliable(false);
    for (int round = 1; round < 50; round++) {
      for (int i = 0; i < 4; i++) {
        t.forkRetry(100L * round + i, 1);
      }
      t.retry(round, 1);
    }
    t.world().network().reliable(true);
    t.world().join();
    t.retry(100, t.size());
  }

  private static void figure8Unreliable(Tester t) {
    t.world().network().reliable(false);
    t.retry(t.random().nextInt(10_000), 1);
    for (int iteration = 0; iteration < 1000; iteration++) {
      if (iteration == 200) {
        t.world().network().longReordering(true);
      }
      int leader = -1;
      for (int server = 0; server < t.size(); server++) {
        StartResult result = t.propose(server, t.random().nextInt(10_000));
        if (result.isLeader() && t.isConnected(server)) {
          leader = server;
        }
      }
      sleepLongOrShort(t);
      if (leader >= 0 && t.random().nextInt(1000) < 500) {
        t.cut(leader);
      }
      if (t.count(t::isConnected) < 3) {
        int server = t.random().nextInt(t.size());
        if (!t.isConnected(server)) {
          t.connect(server);
        }
      }
    }
    for (int server = 0; server < t.size(); server++) {
      t.connect(server);
    }
    // The network stays as bad as it is.
    t.retry(t.random().nextInt(10_000), t.size());
  }

  /** Servers come and go while clients have commands agreed on. */
  private static final class Churn {

    private static final int CLIENTS = 3;

    private Churn() {}

    static void run(Tester t, boolean reliable) {
      t.world().network().reliable(reliable);
      List<ChurnClient> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        ChurnClient client = new ChurnClient(t, i, t.world().newRandom());
        clients.add(client);
        t.world().fork(client);
      }
      for (int round = 0; round < 20; round++) {
        if (t.random().nextInt(1000) < 200) {
          t.cut(t.random().nextInt(t.size()));
        }
        if (t.random().nextInt(1000) < 500) {
          int server = t.random().nextInt(t.size());
          if (!t.isRunning(server)) {
            t.start(server);
          }
          t.connect(server);
        }
        if (t.random().nextInt(1000) < 200) {
          int server = t.random().nextInt(t.size());
          if (t.isRunning(server)) {
            t.crash(server);
          }
        }
        // Changes come often enough that a leader is seldom left alone for long.
        t.sleepMillis(Tester.ELECTION_MILLIS * 7 / 10);
      }
      t.sleepElection();
      t.world().network().reliable(true);
      for (int server = 0; server < t.size(); server++) {
        if (!t.isRunning(server)) {
          t.start(server);
        }
        t.connect(server);
      }
      clients.forEach(ChurnClient::stop);
      t.world().join();
      t.sleepElection();
      long last = t.retry(t.randomCommand(), t.size());
      Set<String> found = new LinkedHashSet<>();
      for (long index = 1; index <= last; index++) {
        byte[] command = t.await(index, t.size(), 0);
        if (command == null) {
          throw LabFailure.of("nothing at index %d", index);
        }
        found.add(Tester.text(command));
      }
      for (ChurnClient client : clients) {
        for (String command : client.committed()) {
          if (!found.contains(command)) {
            throw LabFailure.of("did not find a value, %s, that was committed", command);
          }
        }
      }
    }
  }
}
