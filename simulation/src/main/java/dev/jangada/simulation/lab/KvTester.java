package dev.jangada.simulation.lab;

import dev.jangada.simulation.check.History;
import dev.jangada.simulation.check.LinearizabilityChecker;
import dev.jangada.simulation.check.Model;
import dev.jangada.simulation.check.Operation;
import dev.jangada.simulation.check.RegisterModel;
import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
import dev.jangada.simulation.check.RegisterModel.Request;
import dev.jangada.simulation.check.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of the key-value service, and what can be done to it: what scenarios of parts 3A and 3B
 * are written with. For the scenario's thread.
 */
final class KvTester {

  private static final long POLL_NANOS = LabWorld.MILLIS / 5;

  /**
   * So many steps the checker of linearizability may take: about a second's work, which is what the
   * course gives its checker. In steps, so that a run is the same on every machine.
   */
  private static final long MAX_CHECK_STEPS = 2_000_000;

  /**
   * A log may be so many times as large as what a server wants a snapshot after, as in the course.
   */
  private static final int LOG_SIZE_FACTOR = 8;

  private final LabWorld world;
  private final long snapshotBytes;
  private final RaftLinks links;
  private final List<KvServer> servers = new ArrayList<>();
  private final History<Request, String> history = new History<>();
  private int clerks;
  private long operations;

  /** An operation under way. */
  static final class Pending {
    private final AtomicReference<@Nullable String> output = new AtomicReference<>();

    boolean isDone() {
      return output.get() != null;
    }

    String output() {
      String found = output.get();
      if (found == null) {
        throw new IllegalStateException("the operation is still under way");
      }
      return found;
    }
  }

  /** Starts that many servers without snapshots, all of which can talk to each other. */
  KvTester(LabWorld world, int size) {
    this(world, size, 0);
  }

  /**
   * Starts that many servers, all of which can talk to each other.
   *
   * @param snapshotBytes after so many bytes of commands a server wants a snapshot; 0 for never
   */
  KvTester(LabWorld world, int size, long snapshotBytes) {
    this.world = world;
    this.snapshotBytes = snapshotBytes;
    List<Long> ids = world.memberIds(size);
    this.links = new RaftLinks(world.network(), world.trace(), ids);
    world.setPeers(size);
    for (int number = 0; number < size; number++) {
      servers.add(new KvServer(world, number, ids, snapshotBytes, links::send));
      start(number);
    }
    connectAll();
  }

  LabWorld world() {
    return world;
  }

  RandomGenerator random() {
    return world.random();
  }

  int size() {
    return servers.size();
  }

  // ---------------------------------------------------------------------------------------------
  // Servers
  // ---------------------------------------------------------------------------------------------

  /** Starts a server that is down; no other one can talk to it yet. */
  void start(int number) {
    KvServer server = servers.get(number);
    server.start();
    links.add(number, server.server());
  }

  /** A server dies, and what was not durable is lost. */
  void crash(int number) {
    links.delete(number);
    servers.get(number).crash();
  }

  void connectAll() {
    partition(server -> true);
  }

  /** Servers can talk only to those on their side. */
  void partition(IntPredicate side) {
    for (int from = 0; from < size(); from++) {
      for (int to = 0; to < size(); to++) {
        links.enable(from, to, side.test(from) == side.test(to));
      }
    }
  }

  /**
   * With snapshots, no server's log may be larger than eight times what a snapshot is wanted after.
   * The factor is the course's; the bytes are those of {@link
   * dev.jangada.storage.WriteAheadLog#logicalBytes}.
   */
  void checkLogSize() {
    for (int number = 0; number < size() && snapshotBytes > 0; number++) {
      long bytes = servers.get(number).server().logBytes();
      if (bytes > LOG_SIZE_FACTOR * snapshotBytes) {
        throw LabFailure.of(
            "the log of server %d was not cut: %d bytes, and at most %d expected",
            number, bytes, LOG_SIZE_FACTOR * snapshotBytes);
      }
    }
  }

  /** No snapshot may be larger than that. */
  void checkSnapshotSize(long most) {
    for (int number = 0; number < size(); number++) {
      long bytes = servers.get(number).replicated().largestSnapshot();
      if (bytes > most) {
        throw LabFailure.of(
            "server %d took a snapshot of %d bytes; at most %d expected", number, bytes, most);
      }
    }
  }

  /** A server must have been sent a snapshot, if it was never started again. */
  void checkSnapshotInstalled(int number) {
    if (servers.get(number).replicated().installedSnapshots() == 0) {
      throw LabFailure.of("server %d has caught up without a snapshot", number);
    }
  }

  /** A server that believes itself the leader of the newest term; -1 if none does. */
  int leader() {
    int leader = -1;
    long term = 0;
    for (int number = 0; number < size(); number++) {
      LabServer.State state = servers.get(number).server().state();
      if (state.isLeader() && state.term() > term) {
        leader = number;
        term = state.term();
      }
    }
    return leader;
  }

  /** Waits for a leader. */
  int awaitLeader() {
    for (int poll = 0; poll < 100; poll++) {
      int leader = leader();
      if (leader >= 0) {
        return leader;
      }
      world.sleepMillis(50);
    }
    throw new LabFailure("no leader within 5 s");
  }

  // ---------------------------------------------------------------------------------------------
  // Clerks
  // ---------------------------------------------------------------------------------------------

  /** A clerk that reaches all servers. */
  Clerk newClerk() {
    return newClerk(server -> true);
  }

  /** A clerk that reaches only some servers. */
  Clerk newClerk(IntPredicate reaches) {
    List<LabNetwork.End> ends = new ArrayList<>();
    for (int number = 0; number < size(); number++) {
      LabNetwork.End end = world.network().newEnd(servers.get(number).endpoint());
      end.enable(reaches.test(number));
      ends.add(end);
    }
    return new Clerk(world, clerks++, ends, history);
  }

  /** Has an operation begin. */
  Pending begin(Clerk clerk, Request request) {
    Pending pending = new Pending();
    clerk.begin(request, pending.output::set);
    operations++;
    world.setCommands(operations);
    return pending;
  }

  /** Operations that clients of their own have done, for the report. */
  void addOperations(long more) {
    operations += more;
    world.setCommands(operations);
  }

  /** Waits for an operation, for so long. */
  boolean await(Pending pending, long millis) {
    long end = world.nowNanos() + millis * LabWorld.MILLIS;
    while (!pending.isDone() && world.nowNanos() < end) {
      world.sleep(POLL_NANOS);
    }
    return pending.isDone();
  }

  private String result(Clerk clerk, Request request) {
    Pending pending = begin(clerk, request);
    if (!await(pending, LabRunner.LIMIT_NANOS / LabWorld.MILLIS)) {
      throw LabFailure.of("%s is never answered", request);
    }
    return pending.output();
  }

  String get(Clerk clerk, String key) {
    return result(clerk, new Get(key));
  }

  void put(Clerk clerk, String key, String value) {
    String unused = result(clerk, new Put(key, value));
  }

  void append(Clerk clerk, String key, String value) {
    String unused = result(clerk, new Append(key, value));
  }

  /** A key must have this value. */
  void check(Clerk clerk, String key, String expected) {
    String found = get(clerk, key);
    if (!found.equals(expected)) {
      throw LabFailure.of("get(%s): expected:\n%s\nreceived:\n%s", key, expected, found);
    }
  }

  /** What all clerks were answered must be what one copy of the data would have answered. */
  void checkLinearizable() {
    synchronized (world.network()) {
      List<Operation<Request, String>> operations = history.operations();
      Verdict<Request, String> verdict =
          LinearizabilityChecker.check(new DistinctTokens(operations), operations, MAX_CHECK_STEPS);
      switch (verdict) {
        case Verdict.Linearizable<Request, String> fine -> {}
        case Verdict.Violation<Request, String> violation ->
            throw new LabFailure(violation.toString());
        case Verdict.Unknown<Request, String> unknown ->
            world.note("linearizability is unknown: the search was given up");
      }
    }
  }

  /**
   * Registers into which no text but the empty one is put twice, and none begins with another. So a
   * read tells early when it cannot be explained any more; without that the order of appends that
   * nobody reads between would be searched for among all that there are.
   */
  private static final class DistinctTokens implements Model<String, Request, String> {
    private final RegisterModel model = new RegisterModel();
    private final Map<String, List<String>> puts = new TreeMap<>();

    DistinctTokens(List<Operation<Request, String>> history) {
      Map<String, List<String>> tokens = new TreeMap<>();
      for (Operation<Request, String> operation : history) {
        switch (operation.input()) {
          case Put(String key, String value) -> {
            puts.computeIfAbsent(key, each -> new ArrayList<>()).add(value);
            tokens.computeIfAbsent(key, each -> new ArrayList<>()).add(value);
          }
          case Append(String key, String value) ->
              tokens.computeIfAbsent(key, each -> new ArrayList<>()).add(value);
          case Get get -> {}
        }
      }
      tokens.forEach(DistinctTokens::check);
    }

    /**
     * Of texts in alphabetical order one that another begins with comes right before such a one.
     */
    private static void check(String key, List<String> tokens) {
      String before = "";
      for (String token : tokens.stream().sorted().toList()) {
        if (!before.isEmpty() && token.startsWith(before)) {
          throw new IllegalStateException(
              "key %s: \"%s\" begins with \"%s\", and pruning would be unsound"
                  .formatted(key, token, before));
        }
        before = token;
      }
    }

    @Override
    public String initial() {
      return model.initial();
    }

    @Override
    public @Nullable String step(String text, Request request, @Nullable String output) {
      return model.step(text, request, output);
    }

    @Override
    public String partition(Request request) {
      return model.partition(request);
    }

    /** It begins with what is there now, or with what is yet to be put there. */
    @Override
    public boolean isStillPossible(String text, Request request, String output) {
      return !(request instanceof Get)
          || output.startsWith(text)
          || puts.getOrDefault(request.key(), List.of()).stream()
              .anyMatch(put -> output.startsWith(put) && (put.isEmpty() || !text.startsWith(put)));
    }
  }
}
