package dev.jangada.simulation.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RsmScenariosTest {

  static Stream<LabScenario> scenarios() {
    return RsmScenarios.all().stream();
  }

  private static LabScenario scenario(String name) {
    return scenarios().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void everyScenarioPassesInVirtualTime(LabScenario scenario) {
    for (long seed = 1; seed <= 5; seed++) {
      LabResult result = LabRunner.run(scenario, seed, LabRunner.Time.VIRTUAL);
      assertThat(result.failure()).as("%s, seed %d", scenario.fullName(), seed).isNull();
      assertThat(result.commands()).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"LeaderPartition", "Snapshot"})
  void scenarioPassesInRealTime(String name) {
    assertThat(LabRunner.run(scenario(name), 1, LabRunner.Time.REAL).failure()).isNull();
  }

  @Test
  void courseNamesAreComplete() {
    assertThat(scenarios().map(LabScenario::fullName))
        .containsExactly(
            "rsm.Basic",
            "rsm.Concurrent",
            "rsm.LeaderFailure",
            "rsm.LeaderPartition",
            "rsm.RestartReplay",
            "rsm.Shutdown",
            "rsm.RestartSubmit",
            "rsm.Snapshot");
  }

  @Test
  void logThatIsTooLargeAndServersWithoutSnapshotsAreFound() {
    try (VirtualWorld world = new VirtualWorld(1, null)) {
      // Two bytes are too few for any log.
      RsmTester tester = new RsmTester(world, 1);
      tester.incrementAndCheck(3);

      assertThatThrownBy(tester::checkLogSize)
          .isInstanceOf(LabFailure.class)
          .hasMessageContaining("was not cut");
      assertThatThrownBy(tester::checkSnapshotsRestored)
          .isInstanceOf(LabFailure.class)
          .hasMessageContaining("without a snapshot");
    }
  }

  @Test
  void counterThatStaysBehindIsFound() {
    try (VirtualWorld world = new VirtualWorld(2, null)) {
      RsmTester tester = new RsmTester(world);
      long count = tester.increment();
      int leader = tester.leader();
      tester.partition(server -> server == leader);
      tester.checkCounters(tester.increment(server -> server != leader), 2);

      assertThatThrownBy(() -> tester.checkCounters(count + 1, 3))
          .isInstanceOf(LabFailure.class)
          .hasMessageContaining("only 2 servers have counted to 2");
    }
  }

  @Test
  void whoeverWaitsForAServerThatEndsIsSentAway() {
    try (VirtualWorld world = new VirtualWorld(3, null)) {
      RsmTester tester = new RsmTester(world);
      long unused = tester.increment();
      int leader = tester.leader();
      tester.partition(server -> server == leader);
      List<RsmTester.Burst> bursts = new ArrayList<>();
      bursts.add(tester.burst(leader, CounterMachine.DECREMENT, 3));
      world.sleepMillis(50);
      assertThat(bursts.getFirst().isOver()).isFalse();
      tester.crashAll();
      bursts.add(tester.burst(leader, CounterMachine.DECREMENT, 2));

      assertThat(bursts).allMatch(RsmTester.Burst::isOver);
      assertThat(bursts).allMatch(burst -> burst.successes() == 0);
    }
  }
}
