package dev.jangada.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.simulation.trace.TextTrace;
import dev.jangada.simulation.trace.TraceSink;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The key-value store under random circumstances and random faults.
 *
 * <p>{@code -Djangada.seeds=N} tries N fresh seeds instead of a few; {@code -Djangada.seed=N}
 * replays one and writes its trace.
 */
class SimulationCampaignTest {

  private static final int FRESH_SEEDS = 40;

  @Test
  @DisabledIfSystemProperty(named = "jangada.seed", matches = ".*")
  void keyValueStoreSurvivesWhateverHappens() {
    int seeds = Integer.getInteger("jangada.seeds", FRESH_SEEDS);
    long first = new SecureRandom().nextLong(1L << 48);
    System.out.println("simulated seeds " + first + " to " + (first + seeds - 1));
    List<Simulation.Report> reports =
        LongStream.range(first, first + seeds).mapToObj(SimulationCampaignTest::run).toList();
    Simulation.Snapshots snapshots =
        reports.stream()
            .map(Simulation.Report::snapshots)
            .reduce(Simulation.Snapshots.NONE, Simulation.Snapshots::plus);

    assertThat(reports.stream().mapToLong(Simulation.Report::answered).sum())
        .as("requests that were answered in all runs")
        .isGreaterThan(seeds);
    assertThat(reports.stream().mapToLong(Simulation.Report::configurations).sum())
        .as("changes of the membership in all runs")
        .isPositive();
    assertThat(snapshots.installed()).as("snapshots installed in all runs").isPositive();
    assertThat(snapshots.cuts()).as("cuts of logs in all runs").isGreaterThan(seeds);
  }

  /** Seeds that failed once, or whose histories were the hardest to judge. */
  @ParameterizedTest
  @ValueSource(longs = {1, 48, 64, 256, 10003, 100080})
  @DisabledIfSystemProperty(named = "jangada.seed", matches = ".*")
  void keyValueStoreSurvivesWhatWasHardBefore(long seed) {
    assertThat(run(seed).answered()).isPositive();
  }

  @Test
  @EnabledIfSystemProperty(named = "jangada.seed", matches = "-?\\d+")
  void replay() throws IOException {
    long seed = Long.getLong("jangada.seed", 0);
    Path file = Path.of("target", "simulation-" + seed + ".txt");
    System.out.println("the trace of seed " + seed + " is in " + file.toAbsolutePath());
    try (Writer trace = Files.newBufferedWriter(file)) {
      System.out.println(simulation(seed, TextTrace.to(trace)).run());
    }
  }

  private static Simulation simulation(long seed, @Nullable TraceSink trace) {
    SplittableRandom chance = new SplittableRandom(seed).split();
    return new Simulation(
        SimulationConfig.random(new SplittableRandom(seed)),
        seed,
        KvApplication.random(chance),
        KvWorkload.random(chance),
        trace);
  }

  private static Simulation.Report run(long seed) {
    try {
      return simulation(seed, null).run();
    } catch (SimulationFailure failure) {
      throw new AssertionError(
          failure.getMessage()
              + "\n"
              + "Replay it: mvn -pl simulation -am test -Dtest=SimulationCampaignTest"
              + " -Djangada.seed="
              + seed
              + " -Dsurefire.failIfNoSpecifiedTests=false",
          failure);
    }
  }
}
