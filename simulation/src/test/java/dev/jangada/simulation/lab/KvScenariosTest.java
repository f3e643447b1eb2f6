package dev.jangada.simulation.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
import dev.jangada.simulation.check.RegisterModel.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KvScenariosTest {

  static Stream<LabScenario> scenarios() {
    return KvScenarios.all().stream();
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void everyScenarioPassesInVirtualTime(LabScenario scenario) {
    LabResult result = LabRunner.run(scenario, 1, LabRunner.Time.VIRTUAL);
    assertThat(result.failure()).as("%s, seed 1", scenario.fullName()).isNull();
    assertThat(result.commands()).isPositive();
  }

  @Test
  void sameSeedGivesTheSameRun() {
    LabScenario scenario =
        KvScenarios.all().stream()
            .filter(each -> each.name().equals("UnreliableOneKey"))
            .findFirst()
            .orElseThrow();
    LabResult once = LabRunner.run(scenario, 3, LabRunner.Time.VIRTUAL);
    assertThat(once.failure()).isNull();
    assertThat(LabRunner.run(scenario, 3, LabRunner.Time.VIRTUAL)).isEqualTo(once);
    assertThat(LabRunner.run(scenario, 4, LabRunner.Time.VIRTUAL)).isNotEqualTo(once);
  }

  @Test
  void lostAnswersMakeClerksAskAgainAndNothingHappensTwice() {
    try (VirtualWorld world = new VirtualWorld(5, null)) {
      KvTester tester = new KvTester(world, 3);
      world.network().reliable(false);
      Clerk clerk = tester.newClerk();
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        tester.append(clerk, "k", i + ";");
        expected.append(i).append(';');
      }
      tester.check(clerk, "k", expected.toString());
      tester.checkLinearizable();
    }
  }

  @Test
  void courseNamesAreComplete() {
    assertThat(names("3A"))
        .containsExactly(
            "Basic",
            "Speed",
            "Concurrent",
            "Unreliable",
            "UnreliableOneKey",
            "OnePartition",
            "ManyPartitionsOneClient",
            "ManyPartitionsManyClients",
            "PersistOneClient",
            "PersistConcurrent",
            "PersistConcurrentUnreliable",
            "PersistPartition",
            "PersistPartitionUnreliable",
            "PersistPartitionUnreliableLinearizable");
    assertThat(names("3B"))
        .containsExactly(
            "SnapshotRPC",
            "SnapshotSize",
            "Speed",
            "SnapshotRecover",
            "SnapshotRecoverManyClients",
            "SnapshotUnreliable",
            "SnapshotUnreliableRecover",
            "SnapshotUnreliableRecoverConcurrentPartition",
            "SnapshotUnreliableRecoverConcurrentPartitionLinearizable");
  }

  private static List<String> names(String part) {
    return KvScenarios.all().stream()
        .filter(scenario -> scenario.part().equals(part))
        .map(LabScenario::name)
        .toList();
  }

  @Test
  void serviceWithSnapshotsPassesInRealTime() {
    LabScenario scenario =
        KvScenarios.all().stream()
            .filter(each -> each.fullName().equals("3B.SnapshotRPC"))
            .findFirst()
            .orElseThrow();

    assertThat(LabRunner.run(scenario, 1, LabRunner.Time.REAL).failure()).isNull();
  }

  @Test
  void logThatIsNotCutIsFound() {
    try (VirtualWorld world = new VirtualWorld(1, null)) {
      KvTester tester = new KvTester(world, 3, 1000);
      Clerk clerk = tester.newClerk();
      tester.put(clerk, "k", "x".repeat(900));
      tester.checkLogSize();
      // Snapshots are taken of what is applied: what cannot be committed stays in the log.
      int leader = tester.awaitLeader();
      tester.partition(server -> server == leader);
      KvTester.Pending unused = tester.begin(clerk, new Put("k", "x".repeat(9000)));
      world.sleepMillis(50);

      assertThatThrownBy(tester::checkLogSize)
          .isInstanceOf(LabFailure.class)
          .hasMessageContaining("the log of server " + leader + " was not cut");
    }
  }

  @Test
  void restoredMachineHasTheStateOfTheOther() throws IOException {
    RegisterMachine machine = new RegisterMachine();
    machine.apply(entries(new Put("a", "1"), new Append("b", "ü"), new Put("c", "")));
    RegisterMachine other = new RegisterMachine();
    other.apply(entries(new Put("z", "9")));
    try (StateMachine.Snapshot snapshot = machine.snapshot()) {
      assertThat(snapshot.index()).isEqualTo(3);
      assertThat(snapshot.open().readAllBytes()).hasSize((int) snapshot.size());
      other.restore(3, snapshot.open());
      assertThatThrownBy(() -> other.restore(4, snapshot.open()))
          .hasMessage("a snapshot announced for index 4 is one of 3");
    }

    assertThat(other.appliedIndex()).isEqualTo(3);
    assertThat(other.snapshot().open().readAllBytes())
        .isEqualTo(machine.snapshot().open().readAllBytes());
  }

  @Test
  void historyInWhichATextIsWrittenTwiceIsNotJudged() {
    try (VirtualWorld world = new VirtualWorld(1, null)) {
      KvTester tester = new KvTester(world, 3);
      Clerk clerk = tester.newClerk();
      tester.put(clerk, "k", "1");
      tester.put(clerk, "l", "1");
      tester.put(clerk, "l", "2");
      tester.checkLinearizable();
      tester.append(clerk, "l", "12");

      assertThatThrownBy(tester::checkLinearizable)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("key l: \"12\" begins with \"1\", and pruning would be unsound");
    }
  }

  private static List<Entry> entries(Request... requests) {
    List<Entry> entries = new ArrayList<>();
    for (Request request : requests) {
      entries.add(
          Entry.command(
              entries.size() + 1, 1, new Proposal(1, 1, RegisterMachine.encode(request))));
    }
    return entries;
  }

  @Test
  void machineKeepsTextsByKey() {
    RegisterMachine machine = new RegisterMachine();
    List<Entry> entries =
        entries(
            new Put("a", "1"),
            new Append("a", "2"),
            new Append("b", "3"),
            new Get("a"),
            new Get("b"),
            new Get("c"));
    assertThat(machine.apply(entries))
        .extracting(result -> new String(result, StandardCharsets.UTF_8))
        .containsExactly("", "", "", "12", "3", "");
    assertThat(machine.appliedIndex()).isEqualTo(6);
  }
}
