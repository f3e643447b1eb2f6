package dev.jangada.simulation.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Three servers with a replicated counter each, and what can be done to them: what scenarios of the
 * part rsm are written with. Commands are submitted to a server directly, not over the network. For
 * the scenario's thread.
 */
final class RsmTester {

  static final int SERVERS = 3;

  /** For so long a command is offered to one server after the other. */
  static final long PATIENCE_NANOS = 10_000 * LabWorld.MILLIS;

  private static final long PAUSE_NANOS = 50 * LabWorld.MILLIS;
  private static final long POLL_NANOS = LabWorld.MILLIS / 5;

  /** How often the counters are looked at, after 10 ms, 20 ms, and so on to a second each. */
  private static final int COUNTER_LOOKS = 30;

  private final LabWorld world;
  private final long snapshotBytes;
  private final RaftLinks links;
  private final List<ReplicatedServer> servers = new ArrayList<>();
  private final List<AtomicLong> counters = new ArrayList<>();
  private long submitted;

  /** Starts the servers, all of which can talk to each other; without snapshots. */
  RsmTester(LabWorld world) {
    this(world, 0);
  }

  /**
   * Starts the servers, all of which can talk to each other.
   *
   * @param snapshotBytes after so many bytes of commands a server wants a snapshot; 0 for never
   */
  RsmTester(LabWorld world, long snapshotBytes) {
    this.world = world;
    this.snapshotBytes = snapshotBytes;
    List<Long> ids = world.memberIds(SERVERS);
    this.links = new RaftLinks(world.network(), world.trace(), ids);
    world.setPeers(SERVERS);
    for (int number = 0; number < SERVERS; number++) {
      AtomicLong counter = new AtomicLong();
      counters.add(counter);
      servers.add(
          new ReplicatedServer(
              world,
              number,
              ids,
              snapshotBytes,
              () -> {
                counter.set(0);
                return new CounterMachine(counter::set);
              },
              links::send));
    }
    startAll();
  }

  LabWorld world() {
    return world;
  }

  // ---------------------------------------------------------------------------------------------
  // Servers
  // ---------------------------------------------------------------------------------------------

  /** Starts all servers, which are down, and connects them. */
  void startAll() {
    for (int number = 0; number < SERVERS; number++) {
      servers.get(number).start();
      links.add(number, servers.get(number).server());
    }
    connectAll();
  }

  /** All servers die, and what was not durable is lost. */
  void crashAll() {
    for (int number = 0; number < SERVERS; number++) {
      links.delete(number);
      servers.get(number).crash();
    }
  }

  void connectAll() {
    partition(server -> true);
  }

  /** Servers can talk only to those on their side. */
  void partition(IntPredicate side) {
    for (int from = 0; from < SERVERS; from++) {
      for (int to = 0; to < SERVERS; to++) {
        links.enable(from, to, side.test(from) == side.test(to));
      }
    }
  }

  /** A server that believes itself the leader of the newest term; there must be one. */
  int leader() {
    int leader = -1;
    long term = 0;
    for (int number = 0; number < SERVERS; number++) {
      LabServer.State state = servers.get(number).server().state();
      if (state.isLeader() && state.term() > term) {
        leader = number;
        term = state.term();
      }
    }
    if (leader < 0) {
      throw new LabFailure("nobody leads");
    }
    return leader;
  }

  /** No log may be larger than twice what a snapshot is wanted after, the course's factor. */
  void checkLogSize() {
    for (int number = 0; number < SERVERS; number++) {
      long bytes = servers.get(number).server().logBytes();
      if (bytes > 2 * snapshotBytes) {
        throw LabFailure.of(
            "the log of server %d was not cut: %d bytes, and at most %d expected",
            number, bytes, 2 * snapshotBytes);
      }
    }
  }

  /** Every server must have begun with a snapshot, or been sent one. */
  void checkSnapshotsRestored() {
    for (int number = 0; number < SERVERS; number++) {
      if (servers.get(number).installedSnapshots() == 0) {
        throw LabFailure.of("server %d has come back without a snapshot", number);
      }
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Commands
  // ---------------------------------------------------------------------------------------------

  /** One more, on whichever server leads; the counter is told. */
  long increment() {
    return increment(server -> true);
  }

  /** One more, on whichever of these servers leads. */
  long increment(IntPredicate among) {
    Attempt attempt = begin(among, CounterMachine.INCREMENT);
    while (!attempt.isOver()) {
      world.sleep(POLL_NANOS);
    }
    byte[] answer = attempt.answer;
    if (answer == null) {
      throw new LabFailure("an increment was not done within 10 s");
    }
    return CounterMachine.decode(answer);
  }

  /** Increments so many times, one after the other: each must count once, on all servers. */
  void incrementAndCheck(int times) {
    for (int i = 1; i <= times; i++) {
      long count = increment();
      if (count != i) {
        throw LabFailure.of("increment %d led to %d", i, count);
      }
      checkCounters(count, SERVERS);
    }
  }

  /** Has a command begin its way to whichever of these servers leads. */
  Attempt begin(IntPredicate among, byte[] command) {
    world.setCommands(++submitted);
    Attempt attempt = new Attempt(among, command);
    world.apart(attempt::offer);
    return attempt;
  }

  /** Has commands offered to one server, once each. */
  Burst burst(int server, byte[] command, int times) {
    Burst burst = new Burst(times);
    for (int i = 0; i < times; i++) {
      world.apart(() -> servers.get(server).submit(command, burst::answered));
    }
    return burst;
  }

  /** So many servers at least must get to a count. */
  void checkCounters(long count, int atLeast) {
    long nanos = 10 * LabWorld.MILLIS;
    long found = 0;
    for (int look = 0; look < COUNTER_LOOKS; look++) {
      found = counters.stream().filter(counter -> counter.get() == count).count();
      if (found >= atLeast) {
        return;
      }
      world.sleep(nanos);
      nanos = Math.min(2 * nanos, 1_000 * LabWorld.MILLIS);
    }
    throw LabFailure.of(
        "only %d servers have counted to %d, and not %d: %s", found, count, atLeast, counters);
  }

  /** A command that is offered to one server after the other until one has done it. */
  final class Attempt {
    private final IntPredicate among;
    private final byte[] command;
    private final long until = world.nowNanos() + PATIENCE_NANOS;
    private int server;
    private volatile byte @Nullable [] answer;
    private volatile boolean over;

    private Attempt(IntPredicate among, byte[] command) {
      this.among = among;
      this.command = command;
    }

    /** Whether it was done, or given up. */
    boolean isOver() {
      return over;
    }

    private void offer() {
      if (server == SERVERS) {
        server = 0;
        if (world.nowNanos() < until) {
          world.after(PAUSE_NANOS, () -> world.apart(this::offer));
        } else {
          over = true;
        }
      } else if (!among.test(server)) {
        server++;
        offer();
      } else {
        servers.get(server).submit(command, this::answered);
      }
    }

    private void answered(byte @Nullable [] result) {
      if (result == null) {
        server++;
        // On another thread: this one may be the server's own.
        world.apart(this::offer);
      } else {
        answer = result;
        over = true;
      }
    }
  }

  /** Commands that were offered at once. */
  static final class Burst {
    private final int size;
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger successes = new AtomicInteger();

    private Burst(int size) {
      this.size = size;
    }

    private void answered(byte @Nullable [] result) {
      if (result != null) {
        successes.incrementAndGet();
      }
      answers.incrementAndGet();
    }

    /** Whether all were answered in whatever way. */
    boolean isOver() {
      return answers.get() == size;
    }

    /** How many of them were done. */
    int successes() {
      return successes.get();
    }
  }
}
