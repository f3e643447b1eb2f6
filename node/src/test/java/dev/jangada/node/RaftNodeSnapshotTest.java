package dev.jangada.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.raft.EntryId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots with real logs, real threads and real time; only the network is in memory. */
@Timeout(300)
class RaftNodeSnapshotTest {
  private static final int EVERY = 100;
  private static final int RETAINED = 20;

  @TempDir Path directory;

  @Test
  void theStateIsSavedAndTheLogCutByThemselves() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      SnapshotMachine machine = cluster.startSnapshotting("n1", EVERY, RETAINED);
      RaftNode node = cluster.node("n1");

      int submitted = 0;
      while (node.status().base().index() < 3 * EVERY) {
        submit(cluster, "n1", submitted, submitted + 10);
        submitted += 10;
      }

      assertThat(node.statistics().snapshots().saved()).isGreaterThanOrEqualTo(2);
      assertThat(node.status().last().index() - node.status().base().index())
          .isGreaterThanOrEqualTo(RETAINED);
      cluster.stop("n1");
      assertThat(machine.openSnapshots()).isZero();
    }
  }

  @Test
  void takeSnapshotSaysWhatIsInIt() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      cluster.startSnapshotting("n1", 0, RETAINED);
      submit(cluster, "n1", 0, 10);
      RaftNode node = cluster.node("n1");

      EntryId last = node.takeSnapshot().get(60, TimeUnit.SECONDS);

      // The first entry is the leader's own.
      assertThat(last).isEqualTo(new EntryId(11, node.status().term()));
      assertThat(node.takeSnapshot().get(60, TimeUnit.SECONDS)).isEqualTo(last);
      assertThat(node.statistics().snapshots().saved()).isEqualTo(1);
    }
  }

  @Test
  void takeSnapshotIsRefusedWhereTheMachineDoesNotSupportIt() {
    try (TestCluster cluster = new TestCluster(directory, 1).startAll()) {
      assertThatThrownBy(() -> cluster.node("n1").takeSnapshot().get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void aRestartedNodeBeginsWithItsSnapshotAndGoesOnWithItsLog() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      cluster.startSnapshotting("n1", 0, 10);
      submit(cluster, "n1", 0, 200);
      cluster.node("n1").takeSnapshot().get(60, TimeUnit.SECONDS);
      submit(cluster, "n1", 200, 230);
    }
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      SnapshotMachine machine = cluster.startSnapshotting("n1", 0, 10);

      assertThat(machine.awaitCommands(230)).isEqualTo(commands(230));
      cluster.submit("n1", "last");
      assertThat(machine.restorations()).isEqualTo(1);
      assertThat(machine.appliedEntries()).isLessThan(50);
    }
  }

  @Test
  void aFollowerThatWasAwayComesBackThroughASnapshotUnderLoad() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      for (String id : List.of("n1", "n2", "n3")) {
        cluster.startSnapshotting(id, EVERY, RETAINED);
      }
      String away = cluster.aFollower();
      String leader = cluster.awaitLeader();
      submit(cluster, leader, 0, 20);
      cluster.stop(away);
      submit(cluster, leader, 20, 3 * EVERY + 20);
      cut(cluster.node(leader));
      assertThat(cluster.node(leader).status().base().index()).isGreaterThan(EVERY);

      // The load goes on while it comes back.
      List<CompletableFuture<byte[]>> load = new ArrayList<>();
      int total = 8 * EVERY;
      SnapshotMachine machine = cluster.startSnapshotting(away, EVERY, RETAINED);
      for (int i = 3 * EVERY + 20; i < total; i++) {
        load.add(cluster.node(leader).submit(command(i)));
      }

      List<String> all = machine.awaitCommands(total);
      assertThat(all).doesNotHaveDuplicates().hasSize(total);
      assertThat(all.subList(0, 3 * EVERY + 20)).isEqualTo(commands(3 * EVERY + 20));
      assertThat(machine.restorations()).isPositive();
      for (CompletableFuture<byte[]> submitted : load) {
        submitted.get(60, TimeUnit.SECONDS);
      }
      cluster.submit(away, "and it serves");
      assertThat(cluster.node(away).statistics().snapshots().installed()).isPositive();
      assertThat(cluster.node(leader).statistics().snapshots().sent()).isPositive();
    }
  }

  @Test
  void aFollowerThatWasAwayComesBackThroughALargeSnapshotInManyPieces() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      for (String id : List.of("n1", "n2", "n3")) {
        cluster.startSnapshotting(id, EVERY, 0);
      }
      String away = cluster.aFollower();
      String leader = cluster.awaitLeader();
      cluster.stop(away);
      String large = "x".repeat(40_000);
      for (int i = 0; i < 2 * EVERY; i++) {
        cluster.submit(leader, i + large);
      }
      cut(cluster.node(leader));
      SnapshotMachine machine = cluster.startSnapshotting(away, EVERY, 0);

      assertThat(machine.awaitCommands(2 * EVERY)).hasSize(2 * EVERY);
      assertThat(machine.restorations()).isPositive();
      assertThat(cluster.node(leader).statistics().snapshots().sentBytes()).isGreaterThan(4 << 20);
    }
  }

  @Test
  void allNodesComeBackFromTheirSnapshotsAndLogs() throws Exception {
    List<String> ids = List.of("n1", "n2", "n3");
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      ids.forEach(id -> cluster.startSnapshotting(id, EVERY, RETAINED));
      submit(cluster, cluster.awaitLeader(), 0, 350);
      for (String id : ids) {
        cluster.machine(id).awaitCommands(350);
        cut(cluster.node(id));
      }
    }
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      List<SnapshotMachine> machines =
          ids.stream().map(id -> cluster.startSnapshotting(id, EVERY, RETAINED)).toList();
      cluster.submit("n2", "c350");

      for (SnapshotMachine machine : machines) {
        assertThat(machine.awaitCommands(351)).isEqualTo(commands(351));
        assertThat(machine.restorations()).isEqualTo(1);
      }
    }
  }

  @Test
  void aNodeThatDiesWhileItInstallsFinishesThatWhenItStarts() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      for (String id : List.of("n1", "n2", "n3")) {
        cluster.startSnapshotting(id, EVERY, RETAINED);
      }
      String away = cluster.aFollower();
      String leader = cluster.awaitLeader();
      submit(cluster, leader, 0, 20);
      cluster.stop(away);
      submit(cluster, leader, 20, 3 * EVERY);
      cut(cluster.node(leader));
      SnapshotMachine dying =
          new SnapshotMachine() {
            @Override
            public void restore(long index, InputStream in) throws IOException {
              throw new IOException("dies here");
            }
          };
      RaftNode failed =
          cluster.start(
              away, dying, builder -> builder.snapshotEntries(EVERY).retainedEntries(RETAINED));
      assertThatThrownBy(() -> failed.whenStopped().get(60, TimeUnit.SECONDS))
          .hasMessageContaining("dies here");
      cluster.stop(away);

      // Alone it finds the received snapshot, and a log that ends long before it.
      SnapshotMachine machine = new SnapshotMachine();
      RaftNode back = cluster.builder(away).stateMachine(machine).start();
      try (back) {
        assertThat(machine.restorations()).isEqualTo(1);
        assertThat(back.status().base()).isEqualTo(back.status().last());
        assertThat(back.status().applied()).isEqualTo(back.status().base().index());
        assertThat(machine.awaitCommands(3 * EVERY)).isEqualTo(commands(3 * EVERY));
        assertThat(new String(back.submit(command(3 * EVERY)).get(60, TimeUnit.SECONDS), UTF_8))
            .endsWith(":c" + 3 * EVERY);
      }
    }
  }

  @Test
  void aMachineThatLostItsStateIsRefusedWithTheRemedy() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      cluster.startSnapshotting("n1", 0, 0);
      submit(cluster, "n1", 0, 20);
      cluster.node("n1").takeSnapshot().get(60, TimeUnit.SECONDS);
      cluster.submit("n1", "after");
      assertThat(cluster.node("n1").status().base().index()).isPositive();
    }
    try (var files = Files.list(directory.resolve("n1").resolve("wal"))) {
      for (Path file : files.toList()) {
        if (file.toString().endsWith(".snapshot")) {
          Files.delete(file);
        }
      }
    }
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      assertThatThrownBy(() -> cluster.startSnapshotting("n1", 0, 0))
          .hasCauseInstanceOf(IOException.class)
          .hasMessageContaining("n1")
          .hasMessageContaining("begins after")
          .hasMessageContaining("Restore the state");
    }
  }

  /** Has the state saved, and waits until the log behind it is cut. */
  private static void cut(RaftNode node) throws Exception {
    node.takeSnapshot().get(60, TimeUnit.SECONDS);
    // Served in a later turn of the driver than the one that cuts.
    node.readIndex().get(60, TimeUnit.SECONDS);
  }

  private static void submit(TestCluster cluster, String id, int from, int to) throws Exception {
    List<CompletableFuture<byte[]>> results = new ArrayList<>();
    for (int i = from; i < to; i++) {
      results.add(cluster.node(id).submit(command(i)));
    }
    for (CompletableFuture<byte[]> result : results) {
      result.get(60, TimeUnit.SECONDS);
    }
  }

  private static byte[] command(int number) {
    return ("c" + number).getBytes(UTF_8);
  }

  private static List<String> commands(int count) {
    return IntStream.range(0, count).mapToObj(i -> "c" + i).toList();
  }
}
