package dev.jangada.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Nodes n1, n2, … in this process, with real logs and an in-memory network. */
final class TestCluster implements AutoCloseable {
  final InMemoryNetwork network = new InMemoryNetwork();
  private final Path directory;
  private final List<Peer> peers = new ArrayList<>();
  private final Map<String, RaftNode> nodes = new TreeMap<>();
  private final Map<String, RecordingMachine> machines = new TreeMap<>();

  /** What each running node last said of its leader; guarded by this. */
  private final Map<String, Long> leaders = new TreeMap<>();

  TestCluster(Path directory, int size) {
    this.directory = directory;
    for (int i = 1; i <= size; i++) {
      peers.add(new Peer("n" + i, "localhost", i));
    }
  }

  TestCluster startAll() {
    peers.forEach(peer -> start(peer.id()));
    return this;
  }

  RaftNode start(String id) {
    return start(id, new RecordingMachine(), builder -> builder);
  }

  RaftNode start(
      String id, RecordingMachine machine, UnaryOperator<RaftNodeBuilder> furtherSettings) {
    RaftNode node;
    try {
      node = furtherSettings.apply(builder(id).stateMachine(machine)).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    nodes.put(id, node);
    machines.put(id, machine);
    node.addListener((leader, term, isLeader) -> noteLeader(id, leader));
    return node;
  }

  RaftNodeBuilder builder(String id) {
    return RaftNode.builder()
        .id(id)
        .peers(peers)
        .dataDirectory(directory.resolve(id))
        .heartbeatInterval(Duration.ofMillis(50))
        // Long enough for a leader that the machine holds up for a moment to stay in office.
        .electionTimeout(Duration.ofSeconds(1))
        .requestTimeout(Duration.ofSeconds(60))
        .logSegmentBytes(256 << 10)
        .transport(network);
  }

  /** Starts a node with small limits, so that logs are cut soon. */
  SnapshotMachine startSnapshotting(String id, long snapshotEntries, long retainedEntries) {
    SnapshotMachine machine = new SnapshotMachine();
    start(
        id,
        machine,
        builder -> builder.snapshotEntries(snapshotEntries).retainedEntries(retainedEntries));
    return machine;
  }

  private synchronized void noteLeader(String id, long leader) {
    leaders.put(id, leader);
    notifyAll();
  }

  RaftNode node(String id) {
    return Objects.requireNonNull(nodes.get(id), id);
  }

  RecordingMachine machine(String id) {
    return Objects.requireNonNull(machines.get(id), id);
  }

  void stop(String id) {
    node(id).close();
    nodes.remove(id);
    synchronized (this) {
      leaders.remove(id);
    }
  }

  /** Waits until one of the running nodes leads and all of them know it. Returns its name. */
  synchronized String awaitLeader() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      for (Map.Entry<String, RaftNode> node : nodes.entrySet()) {
        long id = node.getValue().memberId();
        if (leaders.size() == nodes.size()
            && leaders.values().stream().allMatch(leader -> leader == id)) {
          return node.getKey();
        }
      }
      try {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError("no leader: " + leaders);
        }
        wait(left);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** The name of a running node that does not lead. */
  String aFollower() {
    String leader = awaitLeader();
    return nodes.keySet().stream().filter(id -> !id.equals(leader)).findFirst().orElseThrow();
  }

  String submit(String id, String command) throws Exception {
    byte[] result = node(id).submit(command.getBytes(UTF_8)).get(60, TimeUnit.SECONDS);
    return new String(result, UTF_8);
  }

  @Override
  public void close() {
    nodes.values().forEach(RaftNode::close);
  }
}
