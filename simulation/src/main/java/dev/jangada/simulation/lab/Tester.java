package dev.jangada.simulation.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.node.request.StartResult;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.trace.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster, and what can be done to it and asked of it: what scenarios are written with.
 *
 * <p>Servers are numbered from 0. Each is connected or cut off; two can talk if both are connected.
 * The tester remembers in {@link AppliedCommands} what every server applies, and finds fault as
 * soon as that is wrong.
 *
 * <p>Its methods are for the scenario's thread, except that tasks may call {@link #propose}, {@link
 * #nCommitted}, {@link #state} and {@link #isConnected}.
 */
final class Tester {

  /** The course's assumed election timeout: what is waited for when an election is expected. */
  static final long ELECTION_MILLIS = 1000;

  private final LabWorld world;
  private final List<Long> ids;
  private final RaftLinks links;
  private final LabServer[] servers;
  private final boolean[] connected;

  /** By server: number of the event in the trace by which it was cut off; 0 if it is not. */
  private final long[] cutOffAt;

  private final AppliedCommands applied;

  /** Starts that many servers without snapshots, and connects them. */
  Tester(LabWorld world, int size) {
    this(world, size, false);
  }

  /**
   * Starts that many servers and connects them.
   *
   * @param snapshots whether their state machine wants a snapshot every ten indexes
   */
  Tester(LabWorld world, int size, boolean snapshots) {
    this.world = world;
    List<Long> ids = world.memberIds(size);
    this.links = new RaftLinks(world.network(), world.trace(), ids);
    this.servers = new LabServer[size];
    this.connected = new boolean[size];
    this.cutOffAt = new long[size];
    this.ids = ids;
    this.applied = new AppliedCommands(size, snapshots);
    world.setPeers(size);
    world.network().longDelays(true);
    for (int i = 0; i < size; i++) {
      int number = i;
      Supplier<StateMachine> machine =
          snapshots
              ? () -> new SnapshottingMachine(applied, number, () -> takeSnapshot(number))
              : () -> new RecordingMachine(applied, number);
      servers[i] = world.newServer(i, ids, machine, links::send);
      start(i);
    }
    for (int i = 0; i < size; i++) {
      connect(i);
    }
  }

  private void takeSnapshot(int server) {
    servers[server].takeSnapshot(index -> applied.saved(server, index));
  }

  LabWorld world() {
    return world;
  }

  /** The applied commands, for tests of this class. */
  AppliedCommands applied() {
    return applied;
  }

  RandomGenerator random() {
    return world.random();
  }

  int size() {
    return servers.length;
  }

  // ---------------------------------------------------------------------------------------------
  // What can be done
  // ---------------------------------------------------------------------------------------------

  /** Starts a server that is down, cut off. */
  void start(int server) {
    applied.starting(server);
    servers[server].start();
    applied.started(server);
    links.add(server, servers[server]);
  }

  /** A server loses its links, its process dies, and what was not durable is lost. */
  void crash(int server) {
    cut(server);
    links.delete(server);
    servers[server].crash();
  }

  /** Crashes a server if it runs, starts it, and connects it. */
  void restart(int server) {
    crash(server);
    start(server);
    connect(server);
  }

  /** Connects a server with all that are connected. */
  void connect(int server) {
    if (cutOffAt[server] != 0) {
      world.trace().add(0, new TraceEvent.FaultEnded(cutOffAt[server]));
      cutOffAt[server] = 0;
    }
    connected[server] = true;
    enable(server, true);
  }

  /** Cuts a server off from all others. */
  void cut(int server) {
    if (connected[server] && world.trace().isOn()) {
      List<Long> concerned = List.of(ids.get(server));
      cutOffAt[server] = world.trace().add(0, new TraceEvent.FaultBegan("cut", concerned, 0, ""));
    }
    connected[server] = false;
    enable(server, false);
  }

  /** Cuts the links between two servers, or joins them again; others still reach both. */
  void join(int one, int other, boolean on) {
    links.enable(one, other, on);
    links.enable(other, one, on);
  }

  private void enable(int server, boolean on) {
    for (int other = 0; other < size(); other++) {
      if (!on || connected[other]) {
        links.enable(server, other, on);
        links.enable(other, server, on);
      }
    }
  }

  /** Lets a server put a command into its log, if it believes itself the leader. */
  StartResult propose(int server, byte[] command) {
    return servers[server].propose(command);
  }

  /** Likewise, with a number for a command. */
  StartResult propose(int server, long command) {
    return propose(server, bytes(command));
  }

  void sleepMillis(long millis) {
    world.sleepMillis(millis);
    applied.check();
  }

  /** Lets some time pass in which a new leader is elected if there can be one. */
  void sleepElection() {
    sleepMillis(ELECTION_MILLIS);
  }

  // ---------------------------------------------------------------------------------------------
  // What can be asked
  // ---------------------------------------------------------------------------------------------

  boolean isConnected(int server) {
    return connected[server];
  }

  boolean isRunning(int server) {
    return servers[server].isRunning();
  }

  /** How many servers satisfy a condition. */
  int count(IntPredicate condition) {
    int count = 0;
    for (int server = 0; server < size(); server++) {
      if (condition.test(server)) {
        count++;
      }
    }
    return count;
  }

  LabServer.State state(int server) {
    return servers[server].state();
  }

  /** How many requests have reached servers. */
  long handledRpcs() {
    long sum = 0;
    for (int server = 0; server < size(); server++) {
      sum += links.handled(server);
    }
    return sum;
  }

  long networkBytes() {
    return world.network().bytes();
  }

  /** The server that leads the newest term; within five seconds there must be one. */
  int checkOneLeader() {
    for (int poll = 0; poll < 10; poll++) {
      sleepMillis(450 + random().nextInt(100));
      int leader = leader();
      if (leader >= 0) {
        return leader;
      }
    }
    throw new LabFailure("expected one leader, got none");
  }

  /** The connected server that leads the newest term, -1 if none leads. */
  private int leader() {
    int leader = -1;
    long term = 0;
    List<Long> terms = new ArrayList<>();
    for (int server = 0; server < size(); server++) {
      if (connected[server]) {
        LabServer.State state = state(server);
        if (state.isLeader()) {
          if (terms.contains(state.term())) {
            throw LabFailure.of("term %d has two leaders", state.term());
          }
          terms.add(state.term());
          if (state.term() > term) {
            term = state.term();
            leader = server;
          }
        }
      }
    }
    return leader;
  }

  /** The term that all connected servers agree on. */
  long checkTerms() {
    long term = -1;
    for (int server = 0; server < size(); server++) {
      if (connected[server]) {
        long its = state(server).term();
        if (term >= 0 && its != term) {
          throw LabFailure.of("servers disagree on the term: %d and %d", term, its);
        }
        term = its;
      }
    }
    return term;
  }

  /** No connected server may believe itself the leader. */
  void checkNoLeader() {
    for (int server = 0; server < size(); server++) {
      if (connected[server] && state(server).isLeader()) {
        throw LabFailure.of("expected no leader, but server %d claims to be one", server);
      }
    }
  }

  /**
   * Who has applied an index.
   *
   * @param count how many servers
   * @param command what they have there; null if none has
   */
  record Committed(int count, byte @Nullable [] command) {

    String text() {
      return command == null ? "nothing" : Tester.text(command);
    }
  }

  /** How many servers have ever applied an index, or, with snapshots, have it now; and what. */
  Committed nCommitted(long index) {
    world.setCommands(applied.highest());
    return applied.at(index);
  }

  /** How many snapshots servers have taken over, those that they started with included. */
  long snapshotsInstalled() {
    return applied.installed();
  }

  /** The largest log that any server has on its disk, in bytes. */
  long logSize() {
    long largest = 0;
    for (LabServer server : servers) {
      largest = Math.max(largest, server.logBytes());
    }
    return largest;
  }

  /**
   * Waits, up to half a minute, until so many servers have applied an index.
   *
   * @param term if not 0, whatever server goes beyond this term ends the wait
   * @return what they have applied; null if the term is over
   */
  byte @Nullable [] await(long index, int expected, long term) {
    long pause = 10;
    for (int probe = 0; probe < 30; probe++) {
      Committed soFar = nCommitted(index);
      if (soFar.count() >= expected) {
        return soFar.command();
      }
      sleepMillis(pause);
      if (pause < 1000) {
        pause *= 2;
      }
      if (term > 0) {
        for (int server = 0; server < size(); server++) {
          if (state(server).term() > term) {
            return null;
          }
        }
      }
    }
    Committed committed = nCommitted(index);
    if (committed.count() < expected) {
      throw LabFailure.of(
          "only %d decided for index %d; wanted %d", committed.count(), index, expected);
    }
    return committed.command();
  }

  /**
   * Has a command agreed on.
   *
   * @param expected by how many servers
   * @param retry whether it may be offered again if the first leader did not get it committed
   * @return its index
   */
  long one(byte[] command, int expected, boolean retry) {
    Agreement agreement = new Agreement(this, command, expected, retry);
    long next = agreement.step();
    while (next != LabTask.DONE) {
      world.sleep(next);
      next = agreement.step();
    }
    return agreement.index();
  }

  /** Has a number agreed on, offered once. */
  long one(long command, int expected) {
    return one(bytes(command), expected, false);
  }

  /** Has a number agreed on, offered until it is. */
  long retry(long command, int expected) {
    return one(bytes(command), expected, true);
  }

  /** Has a number agreed on beside the scenario. */
  void forkRetry(long command, int expected) {
    world.fork(new Agreement(this, bytes(command), expected, true));
  }

  /** A command as random as those of the course. */
  long randomCommand() {
    return random().nextLong(1L << 62);
  }

  static byte[] bytes(long command) {
    return Long.toString(command).getBytes(UTF_8);
  }

  static String text(byte[] command) {
    String text = new String(command, UTF_8);
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
