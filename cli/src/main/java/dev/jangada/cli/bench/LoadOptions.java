package dev.jangada.cli.bench;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the measurements of throughput have in common. */
final class LoadOptions {

  private static final long DEFAULT_TOTAL = 100_000;

  @Option(
      names = "--endpoints",
      split = ",",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:2379,127.0.0.1:2389,127.0.0.1:2399",
      description = "Where the nodes are (default: where jangada up puts three).")
  List<String> endpoints;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "16",
      description = "Clients, each with one request under way (default: 16).")
  int clients;

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "Connections that the clients share (default: one for each endpoint).")
  @Nullable Integer connections;

  @Option(
      names = "--value-size",
      paramLabel = "BYTES",
      defaultValue = "256",
      description = "(default: 256)")
  int valueSize;

  @Option(
      names = "--key-size",
      paramLabel = "BYTES",
      defaultValue = "16",
      description = "(default: 16)")
  int keySize;

  @Option(
      names = "--key-space",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Keys are drawn at random from so many (default: 10000).")
  int keySpace;

  @Option(
      names = "--total",
      paramLabel = "N",
      description = "Requests to measure (default: 100000, or what fits into --duration).")
  @Nullable Long total;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      converter = TimeConverter.class,
      description =
          "How long to measure instead, for example 500ms, 10s or 2m. Requests under way at the"
              + " end are waited for and count.")
  @Nullable Duration duration;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "2",
      description = "How long to run before measuring (default: 2).")
  double warmUpSeconds;

  @Option(
      names = "--rate",
      paramLabel = "PER-SECOND",
      description =
          "Requests to start per second over all clients. Latency then counts from when a request"
              + " was due (default: each client starts its next when its last is answered).")
  @Nullable Double rate;

  @Option(names = "--target-leader", description = "Connect to the leader only.")
  boolean targetLeader;

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  LoadOptions() {}

  /** The load these options ask for. */
  Load toLoad() {
    List<String> addresses = addresses(endpoints, spec);
    require(clients >= 1, "--clients must be at least 1");
    require(valueSize >= 0, "--value-size must not be negative");
    require(keySize >= 1, "--key-size must be at least 1");
    require(keySpace >= 1, "--key-space must be at least 1");
    require(
        Integer.toString(keySpace - 1).length() <= keySize,
        "--key-size " + keySize + " has no room for " + keySpace + " different keys");
    require(total == null || total >= 1, "--total must be at least 1");
    require(
        total == null || duration == null,
        "--total and --duration exclude each other; give the one that ends the measurement");
    require(duration == null || duration.isPositive(), "--duration must be positive");
    require(warmUpSeconds >= 0, "--warm-up must not be negative");
    require(rate == null || rate > 0, "--rate must be positive");
    require(connections == null || connections >= 1, "--connections must be at least 1");
    return new Load(
        addresses,
        clients,
        connections != null ? connections : Math.min(clients, addresses.size()),
        valueSize,
        keySize,
        keySpace,
        total != null ? total : duration != null ? Load.UNLIMITED : DEFAULT_TOTAL,
        duration != null ? duration.toNanos() : 0,
        Math.round(warmUpSeconds * 1e9),
        rate != null ? rate : 0,
        targetLeader);
  }

  /** Endpoints without the scheme that they may have. */
  static List<String> addresses(List<String> endpoints, CommandSpec spec) {
    List<String> addresses = endpoints.stream().map(LoadOptions::withoutScheme).toList();
    for (String address : addresses) {
      if (!address.matches("[^:/]+:\\d{1,5}|\\[[0-9a-fA-F:]+]:\\d{1,5}")) {
        throw new ParameterException(
            spec.commandLine(), "--endpoints: \"" + address + "\" is not of the form HOST:PORT");
      }
    }
    return addresses;
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      throw usage(message);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static String withoutScheme(String endpoint) {
    return endpoint.strip().replaceFirst("^http://", "");
  }
}
