package dev.jangada.simulation.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
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
  void machineKeepsTextsByKey() {
    RegisterMachine machine = new RegisterMachine();
    List<byte[]> commands =
        List.of(
            RegisterMachine.encode(new Put("a", "1")),
            RegisterMachine.encode(new Append("a", "2")),
            RegisterMachine.encode(new Append("b", "3")),
            RegisterMachine.encode(new Get("a")),
            RegisterMachine.encode(new Get("b")),
            RegisterMachine.encode(new Get("c")));
    List<Entry> entries = new ArrayList<>();
    for (byte[] command : commands) {
      entries.add(Entry.command(entries.size() + 1, 1, new Proposal(1, 1, command)));
    }
    assertThat(machine.apply(entries))
        .extracting(result -> new String(result, StandardCharsets.UTF_8))
        .containsExactly("", "", "", "12", "3", "");
    assertThat(machine.appliedIndex()).isEqualTo(6);
  }
}
