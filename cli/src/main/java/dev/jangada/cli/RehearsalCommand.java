package dev.jangada.cli;

import dev.jangada.cli.cluster.ClusterLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs a cluster under load inside this process, and throws it away: all that matters is what the
 * JVM learns from it. The script records that in an ahead-of-time cache (JEP 483, 514, 515), with
 * which nodes start in half the time and are not slow while they are new.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Run a cluster under load in this process, for the JVM to learn from.")
final class RehearsalCommand implements Callable<Integer> {

  private static final int NODES = 3;

  @Option(names = "--data-dir", required = true, description = "For the nodes' data.")
  private Path directory;

  @Option(names = "--duration", defaultValue = "4s", description = "How long to write.")
  private String duration;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  RehearsalCommand() {}

  @Override
  public Integer call() throws IOException {
    ClusterLayout layout = ClusterLayout.onFreePorts(NODES, directory);
    for (int node = 0; node < NODES; node++) {
      List<String> arguments = new ArrayList<>(layout.serverArguments(node));
      arguments.addAll(List.of("--log-level", "warn"));
      Thread server = new Thread(() -> run(arguments), layout.name(node));
      server.setDaemon(true);
      server.start();
    }
    // The first requests wait for the servers to come up; that some may fail is no matter.
    bench(layout, "put", 1, "500ms");
    bench(layout, "put", 64, duration);
    bench(layout, "range", 64, "1s");
    return 0;
  }

  private static void bench(ClusterLayout layout, String operation, int clients, String duration) {
    run(
        List.of(
            "bench",
            operation,
            "--endpoints",
            layout.endpoints(),
            "--clients",
            Integer.toString(clients),
            "--connections",
            Integer.toString(Math.min(clients, NODES)),
            "--duration",
            duration,
            "--json"));
  }

  private static void run(List<String> arguments) {
    var unused = Main.commandLine(Map.of()).execute(arguments.toArray(String[]::new));
  }
}
