package dev.jangada.cli.bench;

import dev.jangada.cli.cluster.ClusterException;
import dev.jangada.cli.cluster.ClusterLayout;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeLauncher;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Measures how long a cluster takes no writes when its leader dies. */
@Command(
    name = "failover",
    description =
        "Start a cluster, kill its leader (SIGKILL) and measure the time to the next write that"
            + " is acknowledged; bring the node back, and again.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class FailoverCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Option(names = "--rounds", defaultValue = "10", description = "How often (default: 10).")
  private int rounds;

  @Option(names = "--nodes", defaultValue = "3", description = "Size of cluster (default: 3).")
  private int nodes;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  FailoverCommand() {}

  @Override
  public Integer call() throws ClusterException, IOException, InterruptedException {
    if (rounds < 1) {
      throw new ParameterException(spec.commandLine(), "--rounds must be at least 1");
    }
    if (nodes < 3 || nodes > ClusterLayout.MAX_NODES) {
      throw new ParameterException(
          spec.commandLine(),
          "--nodes must be between 3, so that a majority survives, and " + ClusterLayout.MAX_NODES);
    }
    Path directory = Files.createTempDirectory("jangada-failover");
    List<Double> millis = new ArrayList<>();
    try (LocalCluster cluster =
        LocalCluster.start(
            ClusterLayout.onFreePorts(nodes, directory),
            NodeLauncher.likeThisProcess(),
            List.of(),
            exit -> {})) {
      Thread cleanUp = new Thread(() -> cleanUp(cluster, directory), "clean-up");
      Runtime.getRuntime().addShutdownHook(cleanUp);
      cluster.awaitServing(PATIENCE, this::progress);
      try (Failover failover = new Failover(cluster)) {
        for (int round = 1; round <= rounds; round++) {
          Failover.Outcome outcome = failover.killLeader(PATIENCE);
          millis.add(outcome.nanos() / 1e6);
          progress(
              String.format(
                  Locale.ROOT,
                  "round %d: killed leader %s, %s acknowledged the next write after %.0f ms",
                  round,
                  cluster.layout().name(outcome.killed()),
                  cluster.layout().name(outcome.acknowledgedBy()),
                  outcome.nanos() / 1e6));
          cluster.start(outcome.killed());
          cluster.awaitServing(PATIENCE, this::progress);
        }
      }
    }
    print(millis);
    return 0;
  }

  private void print(List<Double> millis) {
    List<Double> sorted = millis.stream().sorted().toList();
    double median = (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    double worst = sorted.get(sorted.size() - 1);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("operation", "failover");
      result.put("nodes", nodes);
      result.put("rounds_ms", millis);
      result.put("median_ms", median);
      result.put("worst_ms", worst);
      out.println(JsonMapper.shared().writeValueAsString(result));
    } else {
      out.println(
          String.format(
              Locale.ROOT,
              "from kill -9 of the leader to the next acknowledged write, %d times:"
                  + " median %.0f ms, worst %.0f ms",
              millis.size(),
              median,
              worst));
    }
    out.flush();
  }

  private void progress(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private static void cleanUp(LocalCluster cluster, Path directory) {
    try {
      cluster.close();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not remove " + directory, e);
    }
  }
}
