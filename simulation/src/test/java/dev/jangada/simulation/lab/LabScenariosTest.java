package dev.jangada.simulation.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.simulation.trace.TextTrace;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LabScenariosTest {

  private static final int SEEDS = 3;

  static Stream<LabScenario> scenarios() {
    return LabScenarios.all().stream();
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

  @Test
  void otherSeedGivesAnotherRun() {
    LabScenario churn = scenario("2C.UnreliableChurn");

    assertThat(LabRunner.run(churn, 1, LabRunner.Time.VIRTUAL).bytes())
        .isNotEqualTo(LabRunner.run(churn, 2, LabRunner.Time.VIRTUAL).bytes());
  }

  @Test
  void courseNamesAreComplete() {
    assertThat(names("2A")).containsExactly("InitialElection", "ReElection", "ManyElections");
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
