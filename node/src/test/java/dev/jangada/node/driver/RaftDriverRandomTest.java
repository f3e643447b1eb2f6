package dev.jangada.node.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.driver.DriverCluster.Node;
import dev.jangada.node.driver.DriverCluster.Read;
import dev.jangada.node.driver.DriverCluster.Submitted;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Drivers under chance: messages are lost, doubled (forwards are not) and overtake each other,
 * disks and state machines lag, nodes crash and come back with what was durable. Then everything
 * heals, and every request must get its outcome, and the outcomes must be true.
 */
class RaftDriverRandomTest {
  private static final int NODES = 3;
  private static final int STEPS = 3_000;
  private static final long TIMEOUT_TICKS = 60;
  private static final int SEEDS_IN_A_BATCH = 40;

  private SplittableRandom random = new SplittableRandom(0);
  private DriverCluster cluster = new DriverCluster(NODES, 0);
  private final List<Submitted> submitted = new ArrayList<>();
  private final List<PendingRead> reads = new ArrayList<>();

  /** What any node has applied, by index. */
  private final TreeMap<Long, Entry> history = new TreeMap<>();

  private int crashes;

  /** The node whose messages are all lost at the moment, 0 for none. */
  private long cutOff;

  private record PendingRead(Read read, long acknowledgedBefore) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 1_001, 2_001, 3_001, 4_001})
  void everyOutcomeIsTrue(long firstSeed) {
    int applied = 0;
    int unknown = 0;
    int lost = 0;
    for (long seed = firstSeed; seed < firstSeed + SEEDS_IN_A_BATCH; seed++) {
      try {
        run(seed);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
      for (Submitted command : submitted) {
        applied += command.result != null ? 1 : 0;
        unknown += command.failure != null && command.failure.outcomeUnknown() ? 1 : 0;
        lost += isLost(command) ? 1 : 0;
      }
    }
    // The chances are such that all that can happen does.
    assertThat(applied).isGreaterThan(1_000);
    assertThat(unknown).isGreaterThan(100);
    assertThat(lost).isPositive();
    assertThat(crashes).isPositive();
  }

  private static boolean isLost(Submitted command) {
    return command.failure != null && command.failure.reason() == RaftException.Reason.LOST;
  }

  private void run(long seed) {
    random = new SplittableRandom(seed);
    cluster = new DriverCluster(NODES, seed);
    submitted.clear();
    reads.clear();
    history.clear();
    cutOff = 0;
    for (int step = 0; step < STEPS; step++) {
      chance();
    }
    heal();
    checkOutcomes();
  }

  private void chance() {
    if (random.nextInt(200) == 0) {
      cutOff = random.nextInt(NODES + 1);
    }
    Node node = cluster.node(1 + random.nextInt(NODES));
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3 -> node.tick();
      case 4, 5, 6, 7, 8, 9, 10, 11 -> deliverOne();
      case 12, 13, 14 -> {
        if (!node.writes.isEmpty()) {
          node.completeWrites(1 + random.nextInt(node.writes.size()));
        }
      }
      case 15, 16 -> apply(node);
      case 17, 18 -> {
        submitted.add(node.submit("c" + submitted.size(), 1 + random.nextLong(TIMEOUT_TICKS)));
      }
      default -> {
        if (random.nextInt(10) == 0) {
          crash(node);
        } else {
          reads.add(new PendingRead(node.read(TIMEOUT_TICKS), lastAcknowledged()));
        }
      }
    }
  }

  private void deliverOne() {
    if (cluster.network.isEmpty()) {
      return;
    }
    // Mostly in order.
    int which = random.nextInt(4) == 0 ? random.nextInt(Math.min(8, cluster.network.size())) : 0;
    Message message = cluster.network.remove(which);
    int fate = random.nextInt(20);
    if (fate == 0 || message.from() == cutOff || message.to() == cutOff) {
      return;
    }
    if (fate == 1 && !(message instanceof Message.Forward)) {
      cluster.network.add(message);
    }
    cluster.deliver(message);
  }

  private void crash(Node node) {
    crashes++;
    for (int i = random.nextInt(node.writes.size() + 1); i > 0; i--) {
      node.persistNext();
    }
    node.driver.stop("crash");
    node.restart();
  }

  private void apply(Node node) {
    node.completeBatches();
    for (Entry entry : node.applied) {
      Entry other = history.putIfAbsent(entry.index(), entry);
      if (other != null) {
        assertThat(entry).as("applied at %s by node %s", entry.index(), node.id).isEqualTo(other);
      }
    }
  }

  private long lastAcknowledged() {
    return submitted.stream()
        .filter(command -> command.result != null)
        .mapToLong(RaftDriverRandomTest::index)
        .max()
        .orElse(0);
  }

  private static long index(Submitted command) {
    return command.result == null ? 0 : Long.parseLong(command.result.split("/", -1)[1]);
  }

  private void heal() {
    cutOff = 0;
    for (int i = 0; i < 6 * DriverCluster.ELECTION_TICKS + TIMEOUT_TICKS; i++) {
      for (Node node : cluster.nodes()) {
        node.tick();
      }
      cluster.settle();
    }
    cluster.nodes().forEach(this::apply);
    assertThat(cluster.nodes()).filteredOn(Node::isLeader).hasSize(1);
    Submitted last = cluster.node(1).submit("last", TIMEOUT_TICKS);
    submitted.add(last);
    for (int i = 0; i < 10; i++) {
      cluster.settle();
      cluster.nodes().forEach(Node::tick);
    }
    cluster.nodes().forEach(this::apply);
    assertThat(last.result).as("a healed cluster makes progress").isNotNull();
  }

  private void checkOutcomes() {
    List<String> log = new ArrayList<>();
    history.values().forEach(entry -> log.add(DriverCluster.text(entry)));
    for (Node node : cluster.nodes()) {
      assertThat(node.applied).as("node %s", node.id).isEqualTo(List.copyOf(history.values()));
    }
    for (Submitted command : submitted) {
      assertThat(command.isDone()).as("%s has an outcome", command.command).isTrue();
      int times = Collections.frequency(log, command.command);
      if (command.result != null) {
        assertThat(times).as("%s, which was acknowledged", command.command).isEqualTo(1);
        assertThat(log.get((int) index(command) - 1)).isEqualTo(command.command);
      } else if (command.failure != null && command.failure.outcomeUnknown()) {
        assertThat(times).as("%s, whose outcome is unknown", command.command).isLessThan(2);
      } else {
        assertThat(times).as("%s: %s", command.command, command.failure).isZero();
      }
    }
    for (PendingRead read : reads) {
      assertThat(read.read().isDone()).as("a read has an outcome").isTrue();
      if (read.read().index != null) {
        assertThat(read.read().index).isGreaterThanOrEqualTo(read.acknowledgedBefore());
      }
    }
  }
}
