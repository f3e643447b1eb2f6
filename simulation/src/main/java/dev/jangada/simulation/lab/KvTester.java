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
 * A cluster of the key-value service, and what can be done to it: what scenarios of parts 3A and on
 * are written with. For the scenario's thread.
 */
final class KvTester {

  private static final long POLL_NANOS = LabWorld.MILLIS / 5;

  private final LabWorld world;
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

  /** Starts that many servers, all of which can talk to each other. */
  KvTester(LabWorld world, int size) {
    this.world = world;
    List<Long> ids = world.memberIds(size);
    this.links = new RaftLinks(world.network(), world.trace(), ids);
    world.setPeers(size);
    for (int number = 0; number < size; number++) {
      servers.add(new KvServer(world, number, ids, links::send));
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
          LinearizabilityChecker.check(new DistinctTokens(operations), operations);
      if (verdict instanceof Verdict.Violation<Request, String> violation) {
        throw new LabFailure(violation.toString());
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
      for (Operation<Request, String> operation : history) {
        if (operation.input() instanceof Put(String key, String value)) {
          puts.computeIfAbsent(key, each -> new ArrayList<>()).add(value);
        }
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
