package dev.jangada.cli;

import dev.jangada.cli.cluster.ClusterException;
import dev.jangada.cli.cluster.ClusterLayout;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeExit;
import dev.jangada.cli.cluster.NodeLauncher;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs a cluster on this host until it is told to stop. */
@Command(
    name = "up",
    description = "Run a cluster on this host, each node a process of its own.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Node i is named n1, n2, ... and listens on 127.0.0.1 at CLIENT-PORT + 10 (i - 1) for"
          + " clients and at PEER-PORT + 10 (i - 1) for the other nodes. Its log is DIR/n1.log."
          + " With a directory of an earlier run the cluster goes on from it."
    })
final class UpCommand implements Callable<Integer> {

  private static final Duration START_PATIENCE = Duration.ofSeconds(60);

  /** How long a node's end by a signal may precede this process's own, if both were meant. */
  private static final Duration SIGNAL_SKEW = Duration.ofMillis(300);

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many, 1 to 9 (default: 3).")
  private int nodes;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = "jangada-data",
      description = "Where the nodes keep data and logs (default: ./jangada-data).")
  private Path dataDirectory;

  @Option(
      names = "--client-port",
      paramLabel = "PORT",
      defaultValue = "2379",
      description = "First node's port for clients (default: 2379).")
  private int clientPort;

  @Option(
      names = "--peer-port",
      paramLabel = "PORT",
      defaultValue = "2380",
      description = "First node's port for other nodes (default: 2380).")
  private int peerPort;

  @Spec private CommandSpec spec;

  private final CountDownLatch stopping = new CountDownLatch(1);

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  UpCommand() {}

  @Override
  public Integer call() throws ClusterException, IOException, InterruptedException {
    ClusterLayout layout;
    try {
      layout = ClusterLayout.from(nodes, dataDirectory, clientPort, peerPort);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
    long start = System.nanoTime();
    try (LocalCluster cluster =
        LocalCluster.start(
            layout, NodeLauncher.likeThisProcess(), List.of(), exit -> announce(layout, exit))) {
      Thread stop = new Thread(() -> stop(cluster), "stop");
      Runtime.getRuntime().addShutdownHook(stop);
      cluster.awaitServing(START_PATIENCE, this::print);
      printCluster(cluster, System.nanoTime() - start);
      stopping.await();
    } catch (ClusterException e) {
      if (stopping.getCount() > 0) {
        throw e;
      }
      // Told to stop while the nodes started: they ended because of that.
    }
    return 0;
  }

  private void stop(LocalCluster cluster) {
    stopping.countDown();
    print("stopping");
    try {
      cluster.close();
    } catch (IOException e) {
      print("could not release " + dataDirectory + ": " + e.getMessage());
    }
  }

  private void printCluster(LocalCluster cluster, long startNanos) {
    ClusterLayout layout = cluster.layout();
    for (int node = 0; node < layout.nodes(); node++) {
      print(
          "%s  http://%s  pid %d  log %s"
              .formatted(
                  layout.name(node), layout.endpoint(node), cluster.pid(node), layout.log(node)));
    }
    print(
        String.format(
            Locale.ROOT,
            "serving after %.1f s; data in %s; Ctrl-C stops all",
            startNanos / 1e9,
            layout.dataDirectory()));
    print("try: ETCDCTL_API=3 etcdctl --endpoints=" + layout.endpoints() + " put hello world");
  }

  private void announce(ClusterLayout layout, NodeExit exit) {
    if (exit.wanted() || (exit.wasAskedToStop() && stopsSoon())) {
      return;
    }
    print(
        "%s (pid %d) died: %s; its log is %s%nto bring it back: ./jangada %s"
            .formatted(
                layout.name(exit.node()),
                exit.pid(),
                exit.describe(),
                layout.log(exit.node()),
                String.join(" ", layout.serverArguments(exit.node()))));
  }

  /** Ctrl-C reaches the nodes too, and one of them may be the first to end. */
  private boolean stopsSoon() {
    try {
      return stopping.await(SIGNAL_SKEW.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private void print(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}
