package dev.jangada.simulation.lab;

import static dev.jangada.simulation.lab.LabScenarios.raft;

import dev.jangada.node.request.StartResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Part 2B: the log. */
final class ReplicationScenarios {

  private static final int LONG_COMMAND = 5000;

  /**
   * What the network may carry while ten commands of 5000 bytes are agreed on by three servers. The
   * course allows 200,000 bytes, of which the commands, once to each server, make up 150,000. Here
   * a leader has two followers to send to and sends each command once to each: 100,000 bytes. With
   * each go, in {@link dev.jangada.raft.MessageCodec}'s encoding, an append's header (61 bytes) and
   * an entry's (37), the word that it is committed (61), and the two acknowledgements (41 each):
   * 241. The rest allows for heartbeats, of 102 bytes with their answer.
   */
  private static final long MAX_BYTES = 10 * 2 * (LONG_COMMAND + 241) + 5_000;

  /** One try of what may fail because a leader is deposed in the middle of it. */
  @FunctionalInterface
  private interface Attempt {

    /** Whether the try counts; if not, it is repeated. */
    boolean succeeds(int leader);
  }

  private ReplicationScenarios() {}

  static List<LabScenario> all() {
    return List.of(
        raft("2B", "BasicAgree", "basic agreement", 3, ReplicationScenarios::basicAgree),
        raft("2B", "RPCBytes", "RPC byte count", 3, ReplicationScenarios::rpcBytes),
        raft(
            "2B",
            "FollowerFailure",
            "progressive failure of followers",
            3,
            ReplicationScenarios::followerFailure),
        raft("2B", "LeaderFailure", "failure of leaders", 3, ReplicationScenarios::leaderFailure),
        raft(
            "2B",
            "FailAgree",
            "agreement after follower reconnects",
            3,
            ReplicationScenarios::failAgree),
        raft(
            "2B",
            "FailNoAgree",
            "no agreement if too many followers disconnect",
            5,
            ReplicationScenarios::failNoAgree),
        raft(
            "2B",
            "ConcurrentStarts",
            "concurrent Start()s",
            3,
            ReplicationScenarios::concurrentStarts),
        raft("2B", "Rejoin", "rejoin of partitioned leader", 3, ReplicationScenarios::rejoin),
        raft(
            "2B",
            "Backup",
            "leader backs up quickly over incorrect follower logs",
            5,
            ReplicationScenarios::backup),
        raft("2B", "Count", "RPC counts aren't too high", 3, ReplicationScenarios::count));
  }

  private static void basicAgree(Tester t) {
    for (long index = 1; index <= 3; index++) {
      expectNothingAt(t, index);
      expectIndex(index, t.one(index * 100, t.size()));
    }
  }

  private static void rpcBytes(Tester t) {
    t.one(99, t.size());
    long before = t.networkBytes();
    for (int i = 0; i < 10; i++) {
      expectIndex(2 + i, t.one(longCommand(t.random()), t.size(), false));
    }
    long bytes = t.networkBytes() - before;
    if (bytes > MAX_BYTES) {
      throw LabFailure.of("too many RPC bytes: got %d, at most %d expected", bytes, MAX_BYTES);
    }
  }

  private static byte[] longCommand(RandomGenerator random) {
    byte[] command = new byte[LONG_COMMAND];
    for (int i = 0; i < command.length; i++) {
      command[i] = (byte) ('a' + random.nextInt(26));
    }
    return command;
  }

  private static void followerFailure(Tester t) {
    t.one(101, t.size());
    int leader = t.checkOneLeader();
    t.cut((leader + 1) % t.size());
    // The leader and the other follower still agree.
    t.one(102, t.size() - 1);
    t.sleepElection();
    t.one(103, t.size() - 1);
    leader = t.checkOneLeader();
    t.cut((leader + 1) % t.size());
    t.cut((leader + 2) % t.size());
    expectAccepted(4, t.propose(leader, 104));
    t.sleepMillis(2 * Tester.ELECTION_MILLIS);
    expectNothingAt(t, 4);
  }

  private static void leaderFailure(Tester t) {
    t.one(101, t.size());
    t.cut(t.checkOneLeader());
    // The other two elect one of themselves.
    t.one(102, t.size() - 1);
    t.sleepElection();
    t.one(103, t.size() - 1);
    t.cut(t.checkOneLeader());
    for (int server = 0; server < t.size(); server++) {
      t.propose(server, 104);
    }
    t.sleepMillis(2 * Tester.ELECTION_MILLIS);
    expectNothingAt(t, 4);
  }

  private static void failAgree(Tester t) {
    t.one(101, t.size());
    int follower = (t.checkOneLeader() + 1) % t.size();
    t.cut(follower);
    t.one(102, t.size() - 1);
    t.one(103, t.size() - 1);
    t.sleepElection();
    t.one(104, t.size() - 1);
    t.one(105, t.size() - 1);
    // It catches up, without harm to the others.
    t.connect(follower);
    t.retry(106, t.size());
    t.sleepElection();
    t.retry(107, t.size());
  }

  private static void failNoAgree(Tester t) {
    t.one(10, t.size());
    int leader = t.checkOneLeader();
    for (int i = 1; i <= 3; i++) {
      t.cut((leader + i) % t.size());
    }
    expectAccepted(2, t.propose(leader, 20));
    t.sleepMillis(2 * Tester.ELECTION_MILLIS);
    expectNothingAt(t, 2);
    for (int i = 1; i <= 3; i++) {
      t.connect((leader + i) % t.size());
    }
    // The majority that was cut off may have elected a leader that lacks the entry.
    int second = t.checkOneLeader();
    StartResult result = t.propose(second, 30);
    if (!result.isLeader()) {
      throw LabFailure.of("server %d leads, but refuses a command", second);
    }
    if (result.index() < 2 || result.index() > 3) {
      throw LabFailure.of("unexpected index %d", result.index());
    }
    t.retry(1000, t.size());
  }

  private static void concurrentStarts(Tester t) {
    attempt(t, leader -> startsCommit(t, leader));
  }

  private static boolean startsCommit(Tester t, int leader) {
    StartResult first = t.propose(leader, 1);
    if (!first.isLeader()) {
      return false;
    }
    List<Long> indexes = new ArrayList<>();
    for (long command = 100; command < 105; command++) {
      long of = command;
      t.world()
          .fork(() -> {
            StartResult result = t.propose(leader, of);
            if (result.isLeader() && result.term() == first.term()) {
              synchronized (indexes) {
                indexes.add(result.index());
              }
            }
            return LabTask.DONE;
          });
    }
    t.world().join();
    for (int server = 0; server < t.size(); server++) {
      if (t.state(server).term() != first.term()) {
        return false;
      }
    }
    List<String> commands = new ArrayList<>();
    for (long index : indexes) {
      byte[] command = t.await(index, t.size(), first.term());
      if (command == null) {
        return false;
      }
      commands.add(Tester.text(command));
    }
    for (long command = 100; command < 105; command++) {
      if (!commands.contains(Long.toString(command))) {
        throw LabFailure.of("command %d is missing in %s", command, commands);
      }
    }
    return true;
  }

  private static void rejoin(Tester t) {
    t.retry(101, t.size());
    int first = t.checkOneLeader();
    // A leader without followers takes entries that will come to nothing.
    t.cut(first);
    t.propose(first, 102);
    t.propose(first, 103);
    t.propose(first, 104);
    t.retry(103, 2);
    int second = t.checkOneLeader();
    t.cut(second);
    t.connect(first);
    t.retry(104, 2);
    t.connect(second);
    t.retry(105, t.size());
  }

  private static void backup(Tester t) {
    int size = t.size();
    t.retry(t.randomCommand(), size);
    // A leader and one follower, with many entries that will not be committed.
    int first = t.checkOneLeader();
    t.cut((first + 2) % size);
    t.cut((first + 3) % size);
    t.cut((first + 4) % size);
    proposeMany(t, first);
    t.sleepMillis(Tester.ELECTION_MILLIS / 2);
    t.cut(first);
    t.cut((first + 1) % size);
    // The other three, with many that are.
    t.connect((first + 2) % size);
    t.connect((first + 3) % size);
    t.connect((first + 4) % size);
    agreeMany(t, 3);
    // Of them a leader and one follower, again with many that will not be.
    int second = t.checkOneLeader();
    int other = (first + 2) % size;
    if (second == other) {
      other = (second + 1) % size;
    }
    t.cut(other);
    proposeMany(t, second);
    t.sleepMillis(Tester.ELECTION_MILLIS / 2);
    for (int server = 0; server < size; server++) {
      t.cut(server);
    }
    // The first leader, its follower, and the one that has what was committed.
    t.connect(first);
    t.connect((first + 1) % size);
    t.connect(other);
    agreeMany(t, 3);
    for (int server = 0; server < size; server++) {
      t.connect(server);
    }
    t.retry(t.randomCommand(), size);
  }

  private static void proposeMany(Tester t, int server) {
    for (int i = 0; i < 50; i++) {
      t.propose(server, t.randomCommand());
    }
  }

  private static void agreeMany(Tester t, int expected) {
    for (int i = 0; i < 50; i++) {
      t.retry(t.randomCommand(), expected);
    }
  }

  private static void count(Tester t) {
    t.checkOneLeader();
    long forElection = t.handledRpcs();
    if (forElection < 1 || forElection > 30) {
      throw LabFailure.of("%d RPCs to elect the first leader; from 1 to 30 expected", forElection);
    }
    attempt(t, leader -> commandsAreCheap(t, leader));
    t.sleepElection();
    long before = t.handledRpcs();
    t.sleepElection();
    long idle = t.handledRpcs() - before;
    // Ten heartbeats a second to each of two followers; the course allows three times as many.
    if (idle > 2 * 10 + 2) {
      throw LabFailure.of("%d RPCs in an idle second; at most 22 expected", idle);
    }
  }

  private static boolean commandsAreCheap(Tester t, int leader) {
    final int commands = 10;
    long before = t.handledRpcs();
    StartResult first = t.propose(leader, 1);
    if (!first.isLeader()) {
      return false;
    }
    List<byte[]> proposed = new ArrayList<>();
    for (int i = 1; i < commands + 2; i++) {
      byte[] command = Tester.bytes(t.randomCommand());
      proposed.add(command);
      StartResult result = t.propose(leader, command);
      if (!result.isLeader() || result.term() != first.term()) {
        return false;
      }
      expectIndex(first.index() + i, result.index());
    }
    for (int i = 1; i < commands + 1; i++) {
      byte[] committed = t.await(first.index() + i, t.size(), first.term());
      if (committed == null) {
        return false;
      }
      if (!Arrays.equals(committed, proposed.get(i - 1))) {
        throw LabFailure.of(
            "wrong value %s at index %d; expected %s",
            Tester.text(committed), first.index() + i, Tester.text(proposed.get(i - 1)));
      }
    }
    for (int server = 0; server < t.size(); server++) {
      if (t.state(server).term() != first.term()) {
        return false;
      }
    }
    long rpcs = t.handledRpcs() - before;
    if (rpcs > (commands + 1 + 3) * 3) {
      throw LabFailure.of("too many RPCs (%d) for %d entries", rpcs, commands);
    }
    return true;
  }

  /** Tries up to five times, for a leader may be deposed at any time without anybody's fault. */
  private static void attempt(Tester t, Attempt attempt) {
    for (int attempts = 0; attempts < 5; attempts++) {
      if (attempts > 0) {
        t.sleepMillis(3000);
      }
      if (attempt.succeeds(t.checkOneLeader())) {
        return;
      }
    }
    throw new LabFailure("the term changed too often");
  }

  private static void expectNothingAt(Tester t, long index) {
    Tester.Committed committed = t.nCommitted(index);
    if (committed.count() > 0) {
      throw LabFailure.of(
          "%d servers have committed index %d, which must not be", committed.count(), index);
    }
  }

  private static void expectAccepted(long index, StartResult result) {
    if (!result.isLeader()) {
      throw new LabFailure("the leader refuses a command");
    }
    expectIndex(index, result.index());
  }

  private static void expectIndex(long expected, long index) {
    if (index != expected) {
      throw LabFailure.of("got index %d, but expected %d", index, expected);
    }
  }
}
