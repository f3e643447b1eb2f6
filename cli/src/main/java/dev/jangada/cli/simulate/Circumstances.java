package dev.jangada.cli.simulate;

import dev.jangada.simulation.Fault;
import dev.jangada.simulation.KvApplication;
import dev.jangada.simulation.KvWorkload;
import dev.jangada.simulation.Registers;
import dev.jangada.simulation.Simulation;
import dev.jangada.simulation.SimulationConfig;
import dev.jangada.simulation.trace.TraceSink;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What the runs are like: drawn from the seed, but for what the options fix. */
final class Circumstances {

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of the first run (default: ${DEFAULT-VALUE}).",
      defaultValue = "1")
  private long seed;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description =
          "How many nodes begin the cluster, 1 to 8 (default: 1 to 5, drawn for each run).")
  private @Nullable Integer nodes;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Virtual time in which faults happen (default: ${DEFAULT-VALUE}).",
      defaultValue = "8s")
  private Duration duration;

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "FAULT",
      description =
          "Which faults may happen: all, none, or some of crash, power-loss,"
              + " power-loss-while-writing, blackout, pause, clock-drift, partition,"
              + " partial-partition, one-way-partition, leader-isolation, clog, loss, duplication,"
              + " delay, slow-disk, hanging-sync, disk-failure, full-disk, bit-rot,"
              + " leadership-transfer, snapshot, membership; disk and network for all of that kind"
              + " (default: some, drawn for each run).")
  private @Nullable List<String> faults;

  @Option(
      names = "--workload",
      paramLabel = "NAME",
      description = "kv for the key-value store, register for text registers (default: kv).",
      defaultValue = "kv")
  private String workload;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  Circumstances() {}

  long seed() {
    return seed;
  }

  /** Refuses what cannot be. */
  void check(CommandLine commandLine) {
    if (nodes != null && (nodes < 1 || nodes > 8)) {
      throw new ParameterException(commandLine, "--nodes must be 1 to 8, not " + nodes);
    }
    if (duration.isZero()) {
      throw new ParameterException(commandLine, "--duration must be positive");
    }
    if (!workload.equals("kv") && !workload.equals("register")) {
      throw new ParameterException(
          commandLine, "there is no workload '" + workload + "'; there are kv and register");
    }
    if (faults != null) {
      for (String name : faults) {
        if (kinds(name).isEmpty() && !name.equals("none")) {
          throw new ParameterException(
              commandLine,
              "there is no fault '" + name + "'; there are all, none, disk, network, " + names());
        }
      }
    }
  }

  private static String names() {
    return String.join(", ", Arrays.stream(Fault.values()).map(Fault::label).toList());
  }

  private static Set<Fault> kinds(String name) {
    return switch (name) {
      case "all" -> EnumSet.allOf(Fault.class);
      case "disk" -> EnumSet.range(Fault.SLOW_DISK, Fault.BIT_ROT);
      case "network" -> EnumSet.range(Fault.PARTITION, Fault.DELAY);
      default -> {
        Set<Fault> one = EnumSet.noneOf(Fault.class);
        for (Fault fault : Fault.values()) {
          if (fault.label().equals(name)) {
            one.add(fault);
          }
        }
        yield one;
      }
    };
  }

  /** Prepares a run. */
  Simulation simulation(long ofSeed, @Nullable TraceSink trace) {
    SimulationConfig config =
        SimulationConfig.random(new SplittableRandom(ofSeed), duration.toNanos());
    if (nodes != null) {
      config = config.withNodes(nodes);
    }
    if (faults != null) {
      Set<Fault> chosen = EnumSet.noneOf(Fault.class);
      faults.forEach(name -> chosen.addAll(kinds(name)));
      config = config.withFaults(chosen, config.meanFaultNanos(), config.meanOutageNanos());
    }
    SplittableRandom chance = new SplittableRandom(ofSeed).split();
    return workload.equals("kv")
        ? new Simulation(
            config, ofSeed, KvApplication.random(chance), KvWorkload.random(chance), trace)
        : new Simulation(config, ofSeed, new Registers.OnNodes(), new Registers.Use(), trace);
  }

  /** Writes the options that were given, but the seed, as they have to be given again. */
  void appendTo(StringBuilder command) {
    if (nodes != null) {
      command.append(" --nodes ").append(nodes);
    }
    command.append(" --duration ").append(text());
    if (faults != null) {
      command.append(" --faults ").append(String.join(",", faults));
    }
    if (!workload.equals("kv")) {
      command.append(" --workload ").append(workload);
    }
  }

  /** What the runs have in common, for people. */
  @Override
  public String toString() {
    return "from seed "
        + seed
        + ", "
        + (nodes == null ? "1 to 5 nodes" : nodes + " nodes")
        + ", faults for "
        + text()
        + ": "
        + (faults == null ? "some of all, drawn for each run" : String.join(", ", faults));
  }

  private String text() {
    long millis = duration.toMillis();
    return millis % 60_000 == 0
        ? millis / 60_000 + "m"
        : millis % 1000 == 0 ? millis / 1000 + "s" : duration.toNanos() + "ns";
  }
}
