package dev.jangada.cli;

import dev.jangada.cli.config.FeatureGates;
import dev.jangada.server.ConfigException;
import dev.jangada.server.ServerConfig;
import dev.jangada.server.ServerConfig.InitialClusterState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * etcd's flags, turned into a {@link ServerConfig}, which has the defaults and the checks. What is
 * not given stays null here.
 */
final class ServerFlags {

  @Option(names = "--name", description = "Name of this member (default: default).")
  private @Nullable String name;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Where it keeps its data (default: NAME.jangada).")
  private @Nullable Path dataDirectory;

  @Option(
      names = "--listen-client-urls",
      paramLabel = "URLS",
      description = "Where it accepts clients (default: http://localhost:2379).")
  private @Nullable String listenClientUrls;

  @Option(
      names = "--advertise-client-urls",
      paramLabel = "URLS",
      description = "Where clients are told to connect (default: where it listens).")
  private @Nullable String advertiseClientUrls;

  @Option(
      names = "--listen-metrics-urls",
      paramLabel = "URLS",
      description = "Where else it serves metrics and health (default: nowhere).")
  private @Nullable String listenMetricsUrls;

  @Option(
      names = "--listen-peer-urls",
      paramLabel = "URL",
      description = "Where it accepts other members (default: http://localhost:2380).")
  private @Nullable String listenPeerUrls;

  @Option(
      names = "--initial-advertise-peer-urls",
      paramLabel = "URL",
      description = "Where other members reach it (default: what --initial-cluster says).")
  private @Nullable String initialAdvertisePeerUrls;

  @Option(
      names = "--initial-cluster",
      paramLabel = "NAME=URL,...",
      description = "All members' peer URLs (default: this member alone).")
  private @Nullable String initialCluster;

  @Option(
      names = "--initial-cluster-state",
      paramLabel = "new|existing",
      description = "Whether the cluster starts now or exists already (default: new).")
  private @Nullable String initialClusterState;

  @Option(
      names = "--initial-cluster-token",
      paramLabel = "TOKEN",
      description = "Tells clusters apart (default: etcd-cluster).")
  private @Nullable String initialClusterToken;

  @Option(
      names = "--force-new-cluster",
      arity = "0..1",
      fallbackValue = "true",
      description = {
        "Make this member, from its data, the only one of its cluster: when the",
        "others are lost for good (default: false)."
      })
  private boolean forceNewCluster;

  @Option(
      names = "--heartbeat-interval",
      paramLabel = "MS",
      description = "How often a leader tells that it is alive (default: 100).")
  private @Nullable Long heartbeatInterval;

  @Option(
      names = "--election-timeout",
      paramLabel = "MS",
      description = "How long a member waits for a leader (default: 500).")
  private @Nullable Long electionTimeout;

  @Option(
      names = "--max-request-bytes",
      paramLabel = "N",
      description = "Largest request (default: 1572864).")
  private @Nullable Integer maxRequestBytes;

  @Option(
      names = "--max-txn-ops",
      paramLabel = "N",
      description = "Most operations in a transaction (default: 128).")
  private @Nullable Integer maxTxnOperations;

  @Option(
      names = "--snapshot-count",
      paramLabel = "N",
      description = "Applied entries that stay in the log (default: 10000).")
  private @Nullable Long snapshotCount;

  @Option(
      names = "--quota-backend-bytes",
      paramLabel = "N",
      description = "Size of the store from which on writes are refused (default: 0, no limit).")
  private @Nullable Long quotaBackendBytes;

  @Option(
      names = "--auto-compaction-mode",
      paramLabel = "periodic|revision",
      description = "How to understand the retention (default: periodic).")
  private @Nullable String autoCompactionMode;

  @Option(
      names = "--auto-compaction-retention",
      paramLabel = "TIME|N",
      description = {
        "How long old revisions are kept, as in 1h or 30m, a number being hours;",
        "or how many, in mode revision (default: 0, until a client compacts them)."
      })
  private @Nullable String autoCompactionRetention;

  @Option(
      names = "--corrupt-check-time",
      paramLabel = "TIME",
      description = {
        "How often the leader has all members compare their data, as in 4h or 30m",
        "(default: 0, never)."
      })
  private @Nullable String corruptCheckTime;

  @Option(names = "--experimental-corrupt-check-time", paramLabel = "TIME", hidden = true)
  private @Nullable String experimentalCorruptCheckTime;

  @Option(
      names = "--experimental-initial-corrupt-check",
      arity = "0..1",
      fallbackValue = "true",
      description = "Compare the data with the others' before serving (default: false).")
  private boolean initialCorruptCheck;

  @Option(
      names = "--feature-gates",
      paramLabel = "NAME=true,...",
      description = "InitialCorruptCheck=true is as the flag before.")
  private @Nullable String featureGates;

  @Option(
      names = "--auth-token",
      paramLabel = "simple|jwt,...",
      description = {
        "What users get for their passwords (default: simple),",
        "or jwt,sign-method=RS256,pub-key=FILE,priv-key=FILE[,ttl=5m]."
      })
  private @Nullable String authToken;

  @Option(
      names = "--auth-token-ttl",
      paramLabel = "SECONDS",
      description = "How long simple tokens last (default: 300).")
  private @Nullable Long authTokenTtl;

  @Option(
      names = "--bcrypt-cost",
      paramLabel = "N",
      description = "Cost of hashing a password (default: 10).")
  private @Nullable Integer bcryptCost;

  @Mixin private final ClientFlags clients = new ClientFlags();

  @Mixin private final TlsFlags tls = new TlsFlags();

  ServerFlags() {}

  /**
   * The configuration that the flags describe.
   *
   * @throws ConfigException if they are wrong, or contradict each other
   */
  ServerConfig toConfig() {
    ServerConfig.Builder builder = ServerConfig.builder();
    if (name != null) {
      builder.name(name);
    }
    if (dataDirectory != null) {
      builder.dataDirectory(dataDirectory);
    }
    urls(builder);
    cluster(builder);
    if (heartbeatInterval != null) {
      builder.heartbeatInterval(Duration.ofMillis(heartbeatInterval));
    }
    if (electionTimeout != null) {
      builder.electionTimeout(Duration.ofMillis(electionTimeout));
    }
    if (maxRequestBytes != null) {
      builder.maxRequestBytes(maxRequestBytes);
    }
    if (maxTxnOperations != null) {
      builder.maxTxnOperations(maxTxnOperations);
    }
    if (snapshotCount != null) {
      builder.snapshotCount(snapshotCount);
    }
    if (quotaBackendBytes != null) {
      builder.quotaBackendBytes(quotaBackendBytes);
    }
    builder.autoCompaction(
        Objects.requireNonNullElse(autoCompactionMode, "periodic"),
        Objects.requireNonNullElse(autoCompactionRetention, "0"));
    if (experimentalCorruptCheckTime != null) {
      builder.corruptCheckInterval(experimentalCorruptCheckTime);
    }
    if (corruptCheckTime != null) {
      builder.corruptCheckInterval(corruptCheckTime);
    }
    builder.initialCorruptCheck(initialCorruptCheck || gates().initialCorruptCheck());
    builder.clients(clients.toSettings());
    auth(builder);
    tls.addTo(builder);
    return builder.build();
  }

  /** What was given and does not count, or not as it is, with the reason, a line each. */
  List<String> notes() {
    return Stream.of(gates().notes(), clients.notes(), tls.notes()).flatMap(List::stream).toList();
  }

  private FeatureGates gates() {
    return featureGates == null ? FeatureGates.NONE : FeatureGates.parse(featureGates);
  }

  private void urls(ServerConfig.Builder builder) {
    if (listenClientUrls != null) {
      builder.listenClientUrls(ServerConfig.urls("--listen-client-urls", listenClientUrls));
    }
    if (advertiseClientUrls != null) {
      builder.advertiseClientUrls(
          ServerConfig.urls("--advertise-client-urls", advertiseClientUrls));
    }
    // Templates give an empty one for none.
    if (listenMetricsUrls != null && !listenMetricsUrls.isBlank()) {
      builder.listenMetricsUrls(ServerConfig.urls("--listen-metrics-urls", listenMetricsUrls));
    }
    if (listenPeerUrls != null) {
      builder.listenPeerUrls(ServerConfig.urls("--listen-peer-urls", listenPeerUrls));
    }
    if (initialAdvertisePeerUrls != null) {
      builder.initialAdvertisePeerUrls(
          ServerConfig.urls("--initial-advertise-peer-urls", initialAdvertisePeerUrls));
    }
  }

  private void auth(ServerConfig.Builder builder) {
    if (authToken != null) {
      builder.authToken(authToken);
    }
    if (authTokenTtl != null) {
      builder.authTokenTtl(Duration.ofSeconds(authTokenTtl));
    }
    if (bcryptCost != null) {
      builder.bcryptCost(bcryptCost);
    }
  }

  private void cluster(ServerConfig.Builder builder) {
    if (initialCluster != null) {
      builder.initialCluster(initialCluster);
    }
    if (initialClusterState != null) {
      builder.initialClusterState(
          switch (initialClusterState) {
            case "new" -> InitialClusterState.NEW;
            case "existing" -> InitialClusterState.EXISTING;
            default ->
                throw new ConfigException(
                    "--initial-cluster-state must be new or existing, is \""
                        + initialClusterState
                        + "\"");
          });
    }
    if (initialClusterToken != null) {
      builder.initialClusterToken(initialClusterToken);
    }
    builder.forceNewCluster(forceNewCluster);
  }
}
