package dev.jangada.simulation.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.Invariant;
import dev.jangada.simulation.trace.TextTrace;
import dev.jangada.simulation.trace.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabScenariosTest {

  private static final int SEEDS = 3;

  /** Those of Raft alone; the key-value service has a test of its own. */
  static Stream<LabScenario> scenarios() {
    return LabScenarios.all().stream().filter(scenario -> scenario.part().startsWith("2"));
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void everyScenarioPassesInVirtualTime(LabScenario scenario) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      LabResult result = LabRunner.run(scenario, seed, LabRunner.Time.VIRTUAL);

      assertThat(result.failure()).as("%s, seed %d", scenario.fullName(), seed).isNull();
      assertThat(result.peers()).isBetween(3, 7);
      assertThat(result.rpcs()).isPositive();
      assertThat(result.seconds()).isBetween(0.1, 120.0);
    }
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void sameSeedGivesTheSameRunToTheByteWithTraceOrWithout(LabScenario scenario) {
    StringBuilder once = new StringBuilder();
    StringBuilder again = new StringBuilder();

    LabResult first = LabRunner.run(scenario, 7, LabRunner.Time.VIRTUAL, TextTrace.to(once));
    LabResult second = LabRunner.run(scenario, 7, LabRunner.Time.VIRTUAL, TextTrace.to(again));

    assertThat(second).isEqualTo(first);
    assertThat(again.toString()).isEqualTo(once.toString()).isNotEmpty();
    assertThat(LabRunner.run(scenario, 7, LabRunner.Time.VIRTUAL)).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2A.InitialElection", "2B.BasicAgree", "2C.Persist3", "2D.SnapshotInit"})
  void scenarioPassesInRealTime(String name) {
    LabResult result = LabRunner.run(scenario(name), 1, LabRunner.Time.REAL);

    assertThat(result.failure()).isNull();
    assertThat(result.rpcs()).isPositive();
  }

  @Test
  void brokenInvariantIsAFailureOfTheScenario() {
    LabScenario broken =
        new LabScenario(
            "2A",
            "Broken",
            "broken",
            world -> {
              world.after(0, () -> Invariant.check(false, "water flows uphill"));
              for (int wait = 0; wait < 10_000; wait++) {
                world.sleepMillis(1);
              }
            });

    assertThat(LabRunner.run(broken, 1, LabRunner.Time.VIRTUAL).failure())
        .contains("water flows uphill");
    assertThat(LabRunner.run(broken, 1, LabRunner.Time.REAL).failure())
        .contains("water flows uphill");
  }

  @Test
  void scenarioThatTakesTooLongFailsAndItsTraceSaysSo() {
    LabScenario slow = new LabScenario("2A", "Slow", "slow", world -> world.sleepMillis(120_001));
    StringBuilder trace = new StringBuilder();

    LabResult result = LabRunner.run(slow, 1, LabRunner.Time.VIRTUAL, TextTrace.to(trace));

    assertThat(result.failure()).isEqualTo("took longer than 120 s");
    assertThat(trace.toString()).contains("took longer than 120 s");
  }

  @Test
  void traceShowsVotesLogsAndSnapshots() {
    List<Class<?>> kinds = new ArrayList<>();

    LabRunner.run(
        scenario("2D.SnapshotInstallCrash"),
        1,
        LabRunner.Time.VIRTUAL,
        record -> kinds.add(record.event().getClass()));

    assertThat(kinds)
        .contains(
            TraceEvent.Voted.class,
            TraceEvent.Appended.class,
            TraceEvent.Synced.class,
            TraceEvent.Committed.class,
            TraceEvent.Applied.class,
            TraceEvent.SnapshotTaken.class,
            TraceEvent.SnapshotInstalled.class,
            TraceEvent.Compacted.class,
            TraceEvent.Crashed.class);
  }

  @Test
  void otherSeedGivesAnotherRun() {
    LabScenario churn = scenario("2C.UnreliableChurn");

    assertThat(LabRunner.run(churn, 1, LabRunner.Time.VIRTUAL).bytes())
        .isNotEqualTo(LabRunner.run(churn, 2, LabRunner.Time.VIRTUAL).bytes());
  }

  @Test
  void courseNamesAreComplete() {
    assertThat(names("2A"))
        .containsExactly("InitialElection", "ReElection", "ManyElections", "PartialCutDirected");
    assertThat(names("2B"))
        .containsExactly(
            "BasicAgree",
            "RPCBytes",
            "FollowerFailure",
            "LeaderFailure",
            "FailAgree",
            "FailNoAgree",
            "ConcurrentStarts",
            "Rejoin",
            "Backup",
            "Count");
    assertThat(names("2C"))
        .containsExactly(
            "Persist1",
            "Persist2",
            "Persist3",
            "Figure8",
            "UnreliableAgree",
            "Figure8Unreliable",
            "ReliableChurn",
            "UnreliableChurn",
            "Figure8Directed");
    assertThat(names("2D"))
        .containsExactly(
            "SnapshotBasic",
            "SnapshotInstall",
            "SnapshotInstallUnreliable",
            "SnapshotInstallCrash",
            "SnapshotInstallUnCrash",
            "SnapshotAllCrash",
            "SnapshotAllCrashUnreliable",
            "SnapshotInit",
            "SnapshotInitUnreliable",
            "SnapshotInstallDirected");
  }

  private static List<String> names(String part) {
    return LabScenarios.all().stream()
        .filter(scenario -> scenario.part().equals(part))
        .map(LabScenario::name)
        .toList();
  }

  private static LabScenario scenario(String fullName) {
    return LabScenarios.all().stream()
        .filter(scenario -> scenario.fullName().equals(fullName))
        .findFirst()
        .orElseThrow();
  }
}
