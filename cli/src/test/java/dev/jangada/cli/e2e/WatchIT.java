package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.cli.cluster.LocalCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand watchers of three processes: {@code jangada bench watch}, which compares. */
@Timeout(600)
class WatchIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Far from what it takes, some tenths of a second, also where many things run at once. */
  private static final double MOST_LAG_MILLIS = 30_000;

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory
  WatchIT() {}

  @Test
  void tenThousandWatchersAreToldEverythingOnceAndInOrderThoughSomeStreamsDoNotRead()
      throws Exception {
    try (LocalCluster cluster = TestClusters.start(directory)) {
      try (Command bench =
          new Command(
              "bench",
              "watch",
              "--endpoints",
              cluster.layout().endpoints(),
              "--watchers",
              "10000",
              "--streams",
              "100",
              "--whole",
              "20",
              // Both have a watcher of all keys: what they do not read does not fit into buffers.
              "--stalled",
              "11",
              "--value-size",
              "1024",
              "--rate",
              "1000",
              "--duration",
              "8s",
              "--json")) {
        int exitCode = bench.awaitEnd(PATIENCE);
        System.out.println(bench.output());
        assertThat(exitCode).as(bench.output()).isZero();
        assertThat(figure(bench, "events")).isGreaterThan(200_000);
        assertThat(figure(bench, "stalled_events")).isGreaterThan(20_000);
        assertThat(figure(bench, "lag_ms")).isLessThan(MOST_LAG_MILLIS);
      }
    }
  }

  private static double figure(Command bench, String name) throws InterruptedException {
    Matcher figure = bench.awaitLine("\"" + name + "\":([0-9.E]+)", PATIENCE);
    return Double.parseDouble(figure.group(1));
  }
}
