package dev.jangada.simulation.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.raft.Entry;
import dev.jangada.simulation.ObservedNode;
import dev.jangada.simulation.Property;
import dev.jangada.simulation.Simulation;
import dev.jangada.simulation.SimulationConfig;
import dev.jangada.simulation.SimulationFailure;
import java.io.IOException;
import java.io.InputStream;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** How users put their own state machines through faults: the example of the README. */
class BankSimulationTest {

  /** What must hold whatever happens. */
  static final class MoneyIsConserved implements Property {
    @Override
    public void applied(ObservedNode node, Entry entry, byte[] result) {
      if (node.stateMachine() instanceof Bank bank) {
        require(bank.total() == Bank.TOTAL, "n%d has %d", node.number(), bank.total());
      }
    }
  }

  @Test
  void bankSurvivesWhateverHappens() {
    long first = RandomGenerator.getDefault().nextLong(1L << 40);
    for (long seed = first; seed < first + 5; seed++) {
      new Simulation(SimulationConfig.usual(), seed, new Bank.OnNodes(), new Transfers())
          .watching(new MoneyIsConserved())
          .run(); // a failure names the seed, which repeats the run exactly
    }
  }

  @Test
  void bankWhoseSnapshotsForgetAnAccountIsFound() {
    Bank.OnNodes forgetful =
        new Bank.OnNodes() {
          @Override
          Bank open() {
            return new Bank() {
              @Override
              public void restore(long index, InputStream in) throws IOException {
                super.restore(index, in);
                accounts.remove("b");
              }
            };
          }
        };

    assertThatThrownBy(() ->
            new Simulation(SimulationConfig.usual(), 23, forgetful, new Transfers())
                .watching(new MoneyIsConserved())
                .run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("MoneyIsConserved: n");
  }

  @Test
  void bankThatLosesMoneyIsFound() {
    Bank.OnNodes careless =
        new Bank.OnNodes() {
          @Override
          Bank open() {
            return new Bank() {
              @Override
              boolean transfer(String from, String to, int amount) {
                // Takes the money from where there is none as well, as long as it is little.
                accounts.computeIfPresent(from, (account, money) -> Math.max(0, money - amount));
                accounts.merge(to, amount, Integer::sum);
                return true;
              }
            };
          }
        };

    assertThatThrownBy(() ->
            new Simulation(SimulationConfig.usual(), 21, careless, new Transfers())
                .watching(new MoneyIsConserved())
                .run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Seed 21 failed after ")
        .hasMessageContaining("MoneyIsConserved: n");
  }

  @Test
  void bankThatAnswersWhatOneBankWouldNotIsFound() {
    Bank.OnNodes forgetful =
        new Bank.OnNodes() {
          @Override
          Bank open() {
            return new Bank() {
              private int transfers;

              @Override
              boolean transfer(String from, String to, int amount) {
                return ++transfers % 50 == 0 || super.transfer(from, to, amount);
              }
            };
          }
        };

    // What it counts is in no snapshot, so that with those it would be found in another way.
    SimulationConfig config = SimulationConfig.usual().withSnapshots(SnapshotPolicy.NONE);
    assertThatThrownBy(() ->
            new Simulation(config, 22, forgetful, new Transfers())
                .watching(new MoneyIsConserved())
                .run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Not linearizable");
  }

  @Test
  void manySeedsGiveManyRuns() {
    assertThat(
            LongStream.range(0, 4)
                .map(seed ->
                    new Simulation(
                            SimulationConfig.usual(), seed, new Bank.OnNodes(), new Transfers())
                        .run()
                        .events())
                .distinct()
                .count())
        .isEqualTo(4);
  }
}
