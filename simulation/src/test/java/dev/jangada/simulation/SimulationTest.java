package dev.jangada.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.raft.Entry;
import dev.jangada.simulation.trace.TextTrace;
import dev.jangada.simulation.trace.TraceSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
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
  void traceSaysHowTheMembershipIsToChange() throws IOException {
    StringBuilder trace = new StringBuilder();
    SimulationConfig config =
        SimulationConfig.usual().withFaults(Set.of(Fault.MEMBERSHIP), 200_000_000, 1_000_000);

    Simulation.Report report =
        simulation(config, 3, new Registers.OnNodes(), TextTrace.to(trace)).run();

    assertThat(report.configurations()).isPositive();
    assertThat(trace.toString())
        .containsPattern("membership for=0\\.000001 : #1\n")
        .containsPattern("note : n[1-3] is asked to .*add n[4-8] as a (voter|learner)");
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
    // The first election has to be over before the first client loses its patience.
    SimulationConfig config =
        only(Set.of())
            .withRaft(
                new SimulationConfig.RaftSettings(true, true, false, false, 1 << 20, true, 3, 15));

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

  /** All that can happen to a snapshot does, in a few seconds. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nodeThatWasAwayIsSentASnapshot(boolean inMemory) {
    SimulationConfig config =
        only(Set.of(Fault.PARTITION, Fault.POWER_LOSS, Fault.SNAPSHOT))
            .withFaultyNanos(10_000_000_000L)
            .withNetwork(new SimulationConfig.Network(1_000_000, 1_000_000, 5, 5, false))
            .withSnapshots(new SnapshotPolicy(20, 5, 10, 2));
    Simulation simulation =
        inMemory
            ? simulation(config, 19, new Registers.OnNodes(), null)
            : new Simulation(config, 19, new KvApplication(), new KvWorkload(4));

    Simulation.Snapshots snapshots = simulation.run().snapshots();

    assertThat(snapshots.saved()).isPositive();
    assertThat(snapshots.cuts()).isPositive();
    assertThat(snapshots.begun()).isPositive();
    assertThat(snapshots.sent()).isPositive();
    assertThat(snapshots.installed()).isPositive();
  }

  /** Clients forget about leases, and lose others, while the leadership changes hands. */
  @Test
  void leasesThatNobodyKeepsAliveEndAndOthersDoNot() {
    KvWorkload workload = KvWorkload.withLeases(4);
    SimulationConfig config =
        only(Set.of(Fault.LEADER_ISOLATION, Fault.LEADERSHIP_TRANSFER, Fault.POWER_LOSS))
            .withFaultyNanos(10_000_000_000L)
            .withSnapshots(new SnapshotPolicy(20, 5, 10, 2));

    new Simulation(config, 23, new KvApplication(), workload).run();

    assertThat(workload.unasked()).hasSizeGreaterThan(3);
  }

  @Test
  void withoutASnapshotPolicyNoLogIsCut() {
    SimulationConfig config = only(Set.of(Fault.SNAPSHOT)).withSnapshots(SnapshotPolicy.NONE);

    Simulation.Report report = simulation(config, 20, new Registers.OnNodes(), null).run();

    assertThat(report.snapshots()).isEqualTo(Simulation.Snapshots.NONE);
  }

  @Test
  void machineThatRestoresAnotherStateIsFound() {
    Registers.OnNodes careless =
        new Registers.OnNodes() {
          @Override
          Registers create(int node) {
            return new Registers() {
              @Override
              public void restore(long index, InputStream in) throws IOException {
                super.restore(index, in);
                if (node == 2) {
                  texts.put("read-by-nobody", "x");
                }
              }
            };
          }
        };
    SimulationConfig config =
        only(Set.of(Fault.POWER_LOSS)).withSnapshots(new SnapshotPolicy(20, 5, 10, 2));

    assertThatThrownBy(() -> simulation(config, 21, careless, null).run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("have different states");
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
  void usersPropertyIsWatched() {
    Property fewEntries =
        new Property() {
          @Override
          public String name() {
            return "FewEntries";
          }

          @Override
          public void applied(ObservedNode node, Entry entry, byte[] result) {
            require(entry.index() < 20, "n%d applies entry %d", node.number(), entry.index());
          }
        };
    Simulation simulation =
        simulation(only(Set.of()), 14, new Registers.OnNodes(), null).watching(fewEntries);

    assertThatThrownBy(simulation::run)
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("FewEntries: n")
        .hasMessageContaining("applies entry 20");
  }

  @Test
  void propertiesAreToldOfTheEnd() {
    List<Long> applied = new ArrayList<>();
    Property last =
        new Property() {
          @Override
          public void ended(List<? extends ObservedNode> nodes) {
            nodes.forEach(node -> applied.add(node.log().last()));
          }
        };

    Simulation.Report report =
        simulation(only(Set.of()), 15, new Registers.OnNodes(), null).watching(last).run();

    assertThat(applied).containsExactly(report.committed(), report.committed(), report.committed());
  }

  @Test
  void faultsThatAreLeftOutDoNotHappenAndTheOthersDo() {
    SimulationConfig config = only(Set.of(Fault.CRASH, Fault.PAUSE));
    List<PlannedFault> plan = simulation(config, 16, new Registers.OnNodes(), null).plan();

    Simulation.Report report =
        simulation(config, 16, new Registers.OnNodes(), null).onlyFaults(Set.of(2, 3)).run();

    assertThat(plan).hasSizeGreaterThan(3);
    assertThat(report.faults()).isEqualTo(2);
    assertThat(report.faultsByKind()).containsKey(plan.get(1).fault());
    assertThatThrownBy(() ->
            simulation(config, 16, new Registers.OnNodes(), null)
                .onlyFaults(Set.of(plan.size() + 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no fault #");
  }

  @Test
  void damagedLogIsRefused() {
    SimulationConfig config = only(Set.of(Fault.BIT_ROT));

    Simulation.Report report = simulation(config, 17, new Registers.OnNodes(), null).run();

    assertThat(report.refusedLogs()).isPositive();
  }

  @Test
  void failureIsShrunkToTheFaultsItTakes() {
    // Breaks down as soon as the state machine of any node starts for the second time.
    Supplier<Simulation> run =
        () -> {
          Registers.OnNodes fragile =
              new Registers.OnNodes() {
                private int starts;

                @Override
                Registers create(int node) {
                  if (++starts > 3) {
                    throw new IllegalStateException("cannot start again");
                  }
                  return super.create(node);
                }
              };
          return simulation(SimulationConfig.usual(), 18, fragile, null);
        };
    List<PlannedFault> plan = run.get().plan();
    SimulationFailure failure =
        catchThrowableOfType(SimulationFailure.class, () -> run.get().run());

    Shrinker.Smaller smaller = Shrinker.shrink(run, failure, 100);

    assertThat(plan).hasSizeGreaterThan(10);
    assertThat(smaller.faults()).hasSize(1);
    assertThat(smaller.failure()).hasMessageContaining("cannot start again");
    assertThat(smaller.healsAtNanos()).isLessThan(SimulationConfig.usual().faultyNanos());
  }

  @Test
  void circumstancesAreDrawnFromTheirSeed() {
    assertThat(SimulationConfig.random(new SplittableRandom(1)))
        .isEqualTo(SimulationConfig.random(new SplittableRandom(1)))
        .isNotEqualTo(SimulationConfig.random(new SplittableRandom(2)));
  }

  private static Simulation random(long seed, @Nullable TraceSink trace) {
    SplittableRandom chance = new SplittableRandom(seed).split();
    return new Simulation(
        SimulationConfig.random(new SplittableRandom(seed)),
        seed,
        KvApplication.random(chance),
        KvWorkload.random(chance),
        trace);
  }

  private static Simulation simulation(
      SimulationConfig config, long seed, Application application, @Nullable TraceSink trace) {
    return new Simulation(config, seed, application, new Registers.Use(), trace);
  }

  private static SimulationConfig only(Set<Fault> faults) {
    SimulationConfig usual = SimulationConfig.usual();
    return usual
        .withFaultyNanos(3_000_000_000L)
        .withNetwork(SimulationConfig.Network.HEALTHY)
        .withFaults(faults, usual.meanFaultNanos(), usual.meanOutageNanos());
  }
}
