package dev.jangada.cli.e2e;

import dev.jangada.cli.cluster.ClusterLayout;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeClient;
import dev.jangada.cli.cluster.NodeLauncher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Clusters of three processes, and which of them leads. */
final class TestClusters {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private TestClusters() {}

  /**
   * Starts a cluster and waits until every node serves.
   *
   * @param directory where its data go
   * @param flags of every node, beside those that it needs
   */
  static LocalCluster start(Path directory, String... flags) throws Exception {
    LocalCluster cluster =
        LocalCluster.start(
            ClusterLayout.onFreePorts(3, directory.resolve("data")),
            NodeLauncher.withClassPath(System.getProperty("jangada.classpath", "")),
            List.of(flags),
            exit -> {});
    try {
      cluster.awaitServing(PATIENCE, System.out::println);
    } catch (Throwable failure) {
      cluster.close();
      throw failure;
    }
    return cluster;
  }

  /** Waits until one of the nodes leads, and says which. */
  static int leader(LocalCluster cluster) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - deadline < 0) {
      for (int node = 0; node < 3; node++) {
        try (NodeClient client = new NodeClient(cluster.layout().endpoint(node))) {
          if (client.isLeader(Duration.ofMillis(500))) {
            return node;
          }
        }
      }
    }
    throw new AssertionError("no leader in " + PATIENCE);
  }
}
