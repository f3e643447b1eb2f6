package dev.jangada.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.simulation.trace.TextTrace;
import dev.jangada.simulation.trace.TraceSink;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulationTest {

  @ParameterizedTest
  @ValueSource(longs = {3, 4, 5})
  void sameSeedGivesTheSameTraceToTheByte(long seed) {
    StringBuilder once = new StringBuilder();
    StringBuilder again = new StringBuilder();

    Simulation.Report first = random(seed, TextTrace.to(once)).run();
    Simulation.Report second = random(seed, TextTrace.to(again)).run();

    assertThat(again.toString()).isEqualTo(once.toString());
    assertThat(once.length()).isGreaterThan(10_000);
    assertThat(second).isEqualTo(first);
    assertThat(random(seed, null).run()).as("without a trace").isEqualTo(first);
  }

  @Test
  void otherSeedGivesAnotherTrace() {
    StringBuilder one = new StringBuilder();
    StringBuilder other = new StringBuilder();

    simulation(SimulationConfig.usual(), 1, new Registers.OnNodes(), TextTrace.to(one)).run();
    simulation(SimulationConfig.usual(), 2, new Registers.OnNodes(), TextTrace.to(other)).run();

    assertThat(other.toString()).isNotEqualTo(one.toString());
  }

  @Test
  void usersMachineSurvivesAllFaults() {
    Simulation.Report report =
        simulation(SimulationConfig.usual(), 7, new Registers.OnNodes(), null).run();

    assertThat(report.faults()).isPositive();
    assertThat(report.starts()).isGreaterThan(3);
    assertThat(report.terms()).isGreaterThan(1);
    assertThat(report.answered()).isGreaterThan(100);
    assertThat(report.undecided()).isFalse();
  }

  @Test
  void withoutFaultsOneLeaderAnswersEverything() {
    SimulationConfig config = only(Set.of());

    Simulation.Report report = simulation(config, 8, new Registers.OnNodes(), null).run();

    assertThat(report.terms()).isEqualTo(1);
    assertThat(report.starts()).isEqualTo(3);
    assertThat(report.faults()).isZero();
    assertThat(report.answered()).isEqualTo(report.asked());
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyFaultAloneIsSurvived(Fault fault) {
    assertThatCode(
            () -> {
              Simulation.Report report =
                  simulation(only(Set.of(fault)), 9, new Registers.OnNodes(), null).run();
              assertThat(report.faults()).isPositive();
            })
        .doesNotThrowAnyException();
  }

  @Test
  void failureNamesSeedAndTime() {
    Registers.OnNodes broken =
        new Registers.OnNodes() {
          @Override
          Registers create(int node) {
            return new Registers() {
              @Override
              void apply(String[] command) {
                throw new IllegalStateException("broken machine");
              }
            };
          }
        };

    assertThatThrownBy(() -> simulation(SimulationConfig.usual(), 11, broken, null).run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Seed 11 failed after ")
        .hasMessageContaining("broken machine");
  }

  @Test
  void machineThatDivergesWhereNobodyReadsIsFound() {
    Registers.OnNodes diverging =
        new Registers.OnNodes() {
          @Override
          Registers create(int node) {
            Registers machine = new Registers();
            if (node == 2) {
              machine.texts.put("read by nobody", "x");
            }
            return machine;
          }
        };

    assertThatThrownBy(() -> simulation(only(Set.of()), 12, diverging, null).run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("n1 and n2 applied the same entries and have different states");
  }

  @Test
  void machineThatAnswersStaleReadsIsFound() {
    Registers.OnNodes stale =
        new Registers.OnNodes() {
          @Override
          Registers create(int node) {
            return new Registers() {
              private int reads;
              private String old = "";

              @Override
              String get(String key) {
                String text = super.get(key);
                if (key.equals("k1") && ++reads % 10 == 0) {
                  return old;
                }
                old = key.equals("k1") ? text : old;
                return text;
              }
            };
          }
        };

    assertThatThrownBy(() -> simulation(only(Set.of()), 13, stale, null).run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Not linearizable: k1")
        .hasMessageContaining("Cannot be placed");
  }

  @Test
  void circumstancesAreDrawnFromTheirSeed() {
    assertThat(SimulationConfig.random(new SplittableRandom(1)))
        .isEqualTo(SimulationConfig.random(new SplittableRandom(1)))
        .isNotEqualTo(SimulationConfig.random(new SplittableRandom(2)));
  }

  private static Simulation random(long seed, @Nullable TraceSink trace) {
    return new Simulation(
        SimulationConfig.random(new SplittableRandom(seed)),
        seed,
        new KvApplication(),
        new KvWorkload(4),
        trace);
  }

  private static Simulation simulation(
      SimulationConfig config, long seed, Application application, @Nullable TraceSink trace) {
    return new Simulation(config, seed, application, new Registers.Use(), trace);
  }

  private static SimulationConfig only(Set<Fault> faults) {
    SimulationConfig usual = SimulationConfig.usual();
    return new SimulationConfig(
        usual.nodes(),
        usual.clients(),
        3_000_000_000L,
        usual.recoveryNanos(),
        usual.thinkNanos(),
        SimulationConfig.Network.HEALTHY,
        usual.meanSyncNanos(),
        faults,
        usual.meanFaultNanos(),
        usual.meanOutageNanos(),
        usual.raft());
  }
}
