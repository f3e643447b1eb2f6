package dev.jangada.conformance;

import dev.jangada.cli.cluster.ClusterException;
import dev.jangada.cli.cluster.ClusterLayout;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeLauncher;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import io.etcd.jetcd.Client;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with its connections, and the outcomes of the tests against it. Closing it writes them
 * to a file, from which docs/compatibility.md is made, and stops what was started. Thread-safe.
 */
final class RunningCluster implements AutoCloseable {

  private static final String ENDPOINTS = "etcd.endpoints";

  /** Where the outcomes are written, one file for each version of a server. */
  static final Path OUTCOMES =
      Path.of(System.getProperty("conformance.build", "target"), "conformance");

  private final List<URI> endpoints;
  private final @Nullable LocalCluster started;
  private final Client client;
  private final List<ManagedChannel> channels;
  private final String version;
  private final Map<String, String> outcomes = new TreeMap<>();

  private RunningCluster(List<URI> endpoints, @Nullable LocalCluster started) {
    this.endpoints = List.copyOf(endpoints);
    this.started = started;
    client = Client.builder().endpoints(endpoints).build();
    channels =
        endpoints.stream()
            .map(endpoint ->
                Grpc.newChannelBuilder(endpoint.getAuthority(), InsecureChannelCredentials.create())
                    .build())
            .toList();
    version =
        MaintenanceGrpc.newBlockingStub(channels.get(0))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .status(StatusRequest.getDefaultInstance())
            .getVersion();
  }

  static RunningCluster startOrConnect() {
    String given = System.getProperty(ENDPOINTS);
    try {
      return given == null ? start() : new RunningCluster(parse(given), null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClusterException e) {
      throw new IllegalStateException("the cluster does not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the cluster starts", e);
    }
  }

  private static List<URI> parse(String endpoints) {
    return Stream.of(endpoints.split(",", -1))
        .map(endpoint -> URI.create("http://" + endpoint.strip()))
        .toList();
  }

  private static RunningCluster start() throws IOException, ClusterException, InterruptedException {
    // It stays until the next run, for whoever wants to read the members' logs.
    Path directory = OUTCOMES.resolve("cluster");
    deleteAll(directory);
    Files.createDirectories(directory);
    LocalCluster cluster =
        LocalCluster.start(
            ClusterLayout.onFreePorts(3, directory),
            NodeLauncher.withClassPath(System.getProperty("java.class.path", "")),
            // A leader that the machine holds up for a moment stays in office. Not longer, because
            // the least time of a lease goes with it.
            List.of("--election-timeout", "1300"),
            exit -> {});
    try {
      cluster.awaitServing(Duration.ofMinutes(3), System.out::println);
      return new RunningCluster(parse(cluster.layout().endpoints()), cluster);
    } catch (ClusterException | InterruptedException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private static void deleteAll(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  List<URI> endpoints() {
    return endpoints;
  }

  Client client() {
    return client;
  }

  Channel channel(int member) {
    return channels.get(member);
  }

  boolean isEtcd34() {
    return version.startsWith("3.4.");
  }

  /** Notes how a test ended. */
  synchronized void report(String testClass, String method, String outcome) {
    outcomes.put(testClass + "." + method, outcome);
  }

  @Override
  public synchronized void close() throws IOException {
    client.close();
    channels.forEach(ManagedChannel::shutdownNow);
    if (started != null) {
      started.close();
    }
    Files.createDirectories(OUTCOMES);
    Files.write(
        OUTCOMES.resolve((started != null ? "jangada" : "etcd-" + version) + ".txt"),
        outcomes.entrySet().stream()
            .map(outcome -> outcome.getKey() + " " + outcome.getValue())
            .toList());
  }
}
