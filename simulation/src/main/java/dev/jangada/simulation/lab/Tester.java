package dev.jangada.simulation.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.node.StartResult;
import dev.jangada.simulation.trace.TraceEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster, and what can be done to it and asked of it: what scenarios are written with.
 *
 * <p>Servers are numbered from 0. Each is connected or cut off; two can talk if both are connected.
 * The tester remembers every command that a server applies, also while that server is down or
 * applies its log anew after a restart, and finds fault as soon as two servers apply different
 * commands at one index, or a server leaves an index out.
 *
 * <p>Its methods are for the scenario's thread, except that tasks may call {@link #propose}, {@link
 * #nCommitted}, {@link #state} and {@link #isConnected}, and servers {@link #applied}.
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

  /** What each server has applied, from index 1; guarded by this. */
  private final List<List<byte[]>> logs = new ArrayList<>();

  /** What was wrong with what was applied; guarded by this. */
  private @Nullable LabFailure applyFailure;

  private long maxIndex;

  /** Starts that many servers and connects them. */
  Tester(LabWorld world, int size) {
    this.world = world;
    List<Long> ids = world.memberIds(size);
    this.links = new RaftLinks(world.network(), world.trace(), ids);
    this.servers = new LabServer[size];
    this.connected = new boolean[size];
    this.cutOffAt = new long[size];
    this.ids = ids;
    world.setPeers(size);
    world.network().longDelays(true);
    for (int i = 0; i < size; i++) {
      int number = i;
      logs.add(new ArrayList<>());
      servers[i] = world.newServer(i, ids, () -> new RecordingMachine(this, number), links::send);
      start(i);
    }
    for (int i = 0; i < size; i++) {
      connect(i);
    }
  }

  LabWorld world() {
    return world;
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
    servers[server].start();
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
    checkApplied();
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

  /** How many servers have ever applied an index, and what. */
  synchronized Committed nCommitted(long index) {
    checkApplied();
    int count = 0;
    byte[] command = null;
    for (List<byte[]> log : logs) {
      if (index <= log.size()) {
        byte[] its = log.get((int) index - 1);
        if (command != null && !Arrays.equals(command, its)) {
          throw LabFailure.of(
              "committed values do not match: index %d, %s, %s", index, text(command), text(its));
        }
        command = its;
        count++;
      }
    }
    return new Committed(count, command);
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
      if (nCommitted(index).count() >= expected) {
        break;
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

  // ---------------------------------------------------------------------------------------------
  // What the servers do
  // ---------------------------------------------------------------------------------------------

  /** A server has applied a command. */
  synchronized void applied(int server, long index, byte[] command) {
    for (int other = 0; other < size(); other++) {
      List<byte[]> log = logs.get(other);
      if (index <= log.size() && !Arrays.equals(log.get((int) index - 1), command)) {
        applyFailed(
            LabFailure.of(
                "commit index=%d server=%d %s != server=%d %s",
                index, server, text(command), other, text(log.get((int) index - 1))));
      }
    }
    List<byte[]> log = logs.get(server);
    if (index > log.size() + 1) {
      applyFailed(LabFailure.of("server %d apply out of order %d", server, index));
    } else if (index == log.size() + 1) {
      log.add(command);
    }
    if (index > maxIndex) {
      maxIndex = index;
      world.setCommands(maxIndex);
    }
  }

  private void applyFailed(LabFailure failure) {
    if (applyFailure == null) {
      applyFailure = failure;
    }
  }

  private synchronized void checkApplied() {
    if (applyFailure != null) {
      throw applyFailure;
    }
  }
}
