package dev.jangada.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real log, real threads and real time; only the network is in memory. */
@Timeout(300)
class RaftNodeTest {

  @TempDir Path directory;

  @Test
  void submitOnTheLeaderIsAnsweredWithTheResultAndAppliedEverywhere() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      String leader = cluster.awaitLeader();

      assertThat(cluster.submit(leader, "a")).endsWith(":a");

      for (String id : List.of("n1", "n2", "n3")) {
        assertThat(cluster.machine(id).awaitCommands(1)).containsExactly("a");
      }
    }
  }

  @Test
  void submitOnAFollowerGoesToTheLeaderAndIsAnsweredFromTheFollowersOwnMachine() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      String follower = cluster.aFollower();

      assertThat(cluster.submit(follower, "b")).endsWith(":b");

      assertThat(cluster.machine(follower).commands()).containsExactly("b");
    }
  }

  @Test
  void submitBeforeThereIsALeaderWaitsForOne() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      CompletableFuture<byte[]> early = cluster.start("n1").submit("early".getBytes(UTF_8));
      assertThat(early).isNotDone();

      cluster.start("n2");

      assertThat(new String(early.get(60, TimeUnit.SECONDS), UTF_8)).endsWith(":early");
    }
  }

  @Test
  void submitWithoutAMajorityFailsWithNoLeaderWhenItsTimeIsUp() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      CompletableFuture<byte[]> lonely =
          cluster.start("n1").submit("x".getBytes(UTF_8), Duration.ofMillis(50));

      RaftException failure = failureOf(lonely);

      assertThat(failure.reason()).isEqualTo(RaftException.Reason.NO_LEADER);
      assertThat(failure.outcomeUnknown()).isFalse();
    }
  }

  @Test
  void submitToALeaderThatIsCutOffTimesOutWithUnknownOutcome() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      RaftNode leader = cluster.node(cluster.awaitLeader());
      cluster.network.cutOff(leader.memberId());

      RaftException failure = failureOf(leader.submit("x".getBytes(UTF_8), Duration.ofMillis(50)));

      assertThat(failure.reason()).isEqualTo(RaftException.Reason.TIMEOUT);
      assertThat(failure.outcomeUnknown()).isTrue();
    }
  }

  @Test
  void anotherNodeLeadsAfterTheLeaderWasClosedAndNothingIsLost() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      String first = cluster.awaitLeader();
      cluster.submit(first, "before");

      cluster.stop(first);
      String second = cluster.awaitLeader();

      assertThat(second).isNotEqualTo(first);
      cluster.submit(second, "after");
      assertThat(cluster.machine(second).commands()).containsExactly("before", "after");
    }
  }

  @Test
  void restartedNodesComeBackWithWhatTheirLogsHave() throws Exception {
    List<String> submitted = new ArrayList<>();
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      for (int i = 0; i < 50; i++) {
        cluster.submit("n" + (i % 3 + 1), "c" + i);
        submitted.add("c" + i);
      }
    }
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      cluster.submit("n2", "last");
      submitted.add("last");

      assertThat(cluster.machine("n1").awaitCommands(51)).isEqualTo(submitted);
      assertThat(cluster.machine("n2").awaitCommands(51)).isEqualTo(submitted);
      assertThat(cluster.machine("n3").awaitCommands(51)).isEqualTo(submitted);
    }
  }

  @Test
  void readIndexOnAFollowerWaitsForItsOwnMachineToCatchUp() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      String follower = cluster.aFollower();
      String written = cluster.submit(cluster.awaitLeader(), "w");
      long index = Long.parseLong(written.substring(0, written.indexOf(':')));

      long safe = cluster.node(follower).readIndex().get(60, TimeUnit.SECONDS);

      assertThat(safe).isGreaterThanOrEqualTo(index);
      assertThat(cluster.machine(follower).commands()).containsExactly("w");
    }
  }

  @Test
  void startSaysWhereTheCommandStandsOnTheLeaderAndThatAFollowerIsNone() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      String leader = cluster.awaitLeader();
      String follower = cluster.aFollower();

      StartResult taken = cluster.node(leader).start("s".getBytes(UTF_8));
      StartResult refused = cluster.node(follower).start("t".getBytes(UTF_8));

      assertThat(taken.isLeader()).isTrue();
      assertThat(refused.isLeader()).isFalse();
      assertThat(refused.term()).isEqualTo(taken.term());
      assertThat(cluster.machine(follower).awaitCommands(1)).containsExactly("s");
      assertThat(cluster.submit(leader, "u")).isEqualTo((taken.index() + 1) + ":u");
    }
  }

  @Test
  void transferLeadershipEndsWhenTheOtherLeads() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      String leader = cluster.awaitLeader();
      String follower = cluster.aFollower();
      cluster.submit(leader, "x");

      cluster.node(leader).transferLeadership(follower).get(60, TimeUnit.SECONDS);

      assertThat(cluster.awaitLeader()).isEqualTo(follower);
    }
  }

  @Test
  void transferLeadershipIsRefusedByAFollower() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      String follower = cluster.aFollower();

      RaftException failure = failureOf(cluster.node(follower).transferLeadership(follower));

      assertThat(failure.reason()).isEqualTo(RaftException.Reason.NOT_LEADER);
    }
  }

  @Test
  void commandsThatAreTooLargeAreRefusedAtOnce() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      RaftNode node =
          cluster.start("n1", new RecordingMachine(), builder -> builder.maxEntryBytes(10));

      assertThat(failureOf(node.submit(new byte[11])).reason())
          .isEqualTo(RaftException.Reason.TOO_LARGE);
      assertThat(node.submit(new byte[10]).get(60, TimeUnit.SECONDS)).isNotEmpty();
    }
  }

  @Test
  void moreThanMayBePendingIsRefusedAtOnceAndAcceptedAgainLater() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      CountDownLatch gate = new CountDownLatch(1);
      RaftNode node =
          cluster.start(
              "n1",
              new GatedMachine(gate),
              builder -> builder.maxEntryBytes(36).maxPendingBytes(300));
      cluster.awaitLeader();
      List<CompletableFuture<byte[]>> pending = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        pending.add(node.submit(new byte[36]));
      }

      RaftException refused = failureOf(node.submit(new byte[36]));
      gate.countDown();
      for (CompletableFuture<byte[]> future : pending) {
        future.get(60, TimeUnit.SECONDS);
      }

      assertThat(refused.reason()).isEqualTo(RaftException.Reason.OVERLOADED);
      assertThat(refused.outcomeUnknown()).isFalse();
      assertThat(node.submit(new byte[36]).get(60, TimeUnit.SECONDS)).isNotEmpty();
      assertThat(node.statistics().pendingBytes()).isZero();
    }
  }

  @Test
  void closeFailsWhatIsPendingReleasesEverythingAndLeavesNoThread() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 3)) {
      RecordingMachine machine = new RecordingMachine();
      RaftNode node = cluster.start("n1", machine, builder -> builder);
      CompletableFuture<byte[]> submitted = node.submit(new byte[1]);
      CompletableFuture<Long> read = node.readIndex();

      node.close();

      assertThat(failureOf(submitted).reason()).isEqualTo(RaftException.Reason.STOPPED);
      assertThat(failureOf(submitted).outcomeUnknown()).isFalse();
      assertThat(failureOf(read).reason()).isEqualTo(RaftException.Reason.STOPPED);
      assertThat(failureOf(node.submit(new byte[1])).reason())
          .isEqualTo(RaftException.Reason.STOPPED);
      assertThat(failureOf(node.readIndex()).reason()).isEqualTo(RaftException.Reason.STOPPED);
      assertThatThrownBy(() -> node.start(new byte[1])).isInstanceOf(RaftException.class);
      assertThat(node.whenStopped()).isCompleted();
      assertThat(machine.isClosed()).isTrue();
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        if (thread.getName().startsWith("jangada-n1-")) {
          // It may be on its way out, also as one of a node that another test has closed.
          thread.join(Duration.ofSeconds(20));
          assertThat(thread.isAlive()).as(thread.getName()).isFalse();
        }
      }
      node.close();
    }
  }

  @Test
  void closeWithinACallbackDoesNotWaitForItself() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      RaftNode node = cluster.start("n1");

      node.submit(new byte[1]).thenRun(node::close).get(60, TimeUnit.SECONDS);

      node.whenStopped().get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void anExceptionOfTheStateMachineStopsTheNodeForGood() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      RaftNode node =
          cluster.start(
              "n1",
              new RecordingMachine() {
                @Override
                public List<byte[]> apply(List<Entry> entries) {
                  throw new IllegalStateException("broken machine");
                }
              },
              builder -> builder);

      RaftException failure = failureOf(node.submit(new byte[1]));

      assertThat(failure.reason()).isEqualTo(RaftException.Reason.STOPPED);
      assertThat(failure).hasMessageContaining("broken machine");
      assertThatThrownBy(() -> node.whenStopped().get(60, TimeUnit.SECONDS))
          .hasRootCauseMessage("broken machine");
    }
  }

  @Test
  void aFailedSyncStopsTheNodeForGoodAndNothingIsAnswered() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1);
        FailingDisk disk = new FailingDisk(directory.resolve("disk"))) {
      RecordingMachine machine = new RecordingMachine();
      RaftNode node = cluster.start("n1", machine, builder -> builder.disk(disk));
      node.submit("durable".getBytes(UTF_8)).get(60, TimeUnit.SECONDS);

      disk.failSyncs();
      RaftException failure = failureOf(node.submit("doomed".getBytes(UTF_8)));

      assertThat(failure.reason()).isEqualTo(RaftException.Reason.STOPPED);
      assertThat(failure.outcomeUnknown()).isTrue();
      assertThatThrownBy(() -> node.whenStopped().get(60, TimeUnit.SECONDS))
          .hasRootCauseMessage("no sync today");
      assertThat(machine.commands()).containsExactly("durable");
      assertThat(failureOf(node.submit(new byte[1])).reason())
          .isEqualTo(RaftException.Reason.STOPPED);
    }
  }

  @Test
  void whatReachedTheDriverTogetherWithWhatItFailedAtIsRefusedToo() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      RaftNode node = cluster.start("n1");
      CountDownLatch driverIsBusy = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      node.addListener((leader, term, isLeader) -> {
        driverIsBusy.countDown();
        awaitQuietly(release);
      });
      awaitQuietly(driverIsBusy);
      // All that comes now is taken out of the mailbox at once.
      node.addListener((leader, term, isLeader) -> {
        throw new AssertionError("broken listener");
      });
      CompletableFuture<byte[]> command = node.submit(new byte[1]);
      CompletableFuture<Long> read = node.readIndex();
      release.countDown();

      assertThat(failureOf(command).reason()).isEqualTo(RaftException.Reason.STOPPED);
      assertThat(failureOf(command).outcomeUnknown()).isFalse();
      assertThat(failureOf(read).reason()).isEqualTo(RaftException.Reason.STOPPED);
      assertThatThrownBy(() -> node.whenStopped().get(60, TimeUnit.SECONDS))
          .hasRootCauseMessage("broken listener");
      assertThat(node.statistics().pendingBytes()).isZero();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void logBytesAskedForByAnInterruptedThreadLeavesTheLogOpen() throws Exception {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      RaftNode node = cluster.start("n1");
      cluster.submit("n1", "before");

      Thread.currentThread().interrupt();
      long bytes;
      try {
        bytes = node.logBytes();
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }

      assertThat(bytes).isPositive();
      assertThat(cluster.submit("n1", "after")).endsWith(":after");
    }
  }

  @Test
  void aStateMachineAheadOfTheLogIsRefused() {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      RecordingMachine ahead =
          new RecordingMachine() {
            @Override
            public long appliedIndex() {
              return 7;
            }
          };

      assertThatThrownBy(() -> cluster.start("n1", ahead, builder -> builder))
          .hasMessageContaining("has applied entry 7, but the log in its data directory ends at 0");
      assertThat(cluster.start("n1").status().term()).isZero();
    }
  }

  @Test
  void twoNodesCannotShareADataDirectory() {
    try (TestCluster cluster = new TestCluster(directory, 1)) {
      cluster.start("n1");

      assertThatThrownBy(() -> cluster.start("n1"))
          .hasMessageContaining(directory.resolve("n1").toString());
    }
  }

  static RaftException failureOf(CompletableFuture<?> future) throws InterruptedException {
    try {
      Object result = future.get(60, TimeUnit.SECONDS);
      throw new AssertionError("succeeded with " + result);
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(RaftException.class);
      return (RaftException) Objects.requireNonNull(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("no outcome", e);
    }
  }

  /** Applies commands only once the gate is open; no-ops at any time. */
  private static final class GatedMachine extends RecordingMachine {
    private final CountDownLatch gate;

    GatedMachine(CountDownLatch gate) {
      this.gate = gate;
    }

    @Override
    public List<byte[]> apply(List<Entry> entries) {
      if (entries.stream().anyMatch(entry -> entry.data().length > 0)) {
        awaitQuietly(gate);
      }
      return super.apply(entries);
    }
  }
}
