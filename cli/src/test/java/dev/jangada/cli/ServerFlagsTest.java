package dev.jangada.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.server.ClientSettings;
import dev.jangada.server.ServerConfig;
import dev.jangada.server.ServerConfig.InitialClusterState;
import dev.jangada.server.http.AccessPolicy;
import dev.jangada.server.tls.TlsFiles;
import dev.jangada.server.upkeep.CompactionPolicy;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

class ServerFlagsTest {

  private static ServerCommand parse(Map<String, String> environment, String... args) {
    ServerCommand command = new ServerCommand();
    CommandLine commandLine = new CommandLine(command);
    ServerCommand.complete(commandLine, environment);
    commandLine.parseArgs(args);
    return command;
  }

  private static ServerConfig config(Map<String, String> environment, String... args) {
    return parse(environment, args).config();
  }

  @Test
  void nothingGivenMeansAClusterOfOne() {
    ServerConfig config = config(Map.of());

    assertThat(config.name()).isEqualTo("default");
    assertThat(config.initialCluster()).containsOnlyKeys("default");
    assertThat(config.heartbeatInterval()).isEqualTo(Duration.ofMillis(100));
    assertThat(config.electionTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.quotaBackendBytes()).isZero();
    assertThat(config.autoCompaction()).isEqualTo(CompactionPolicy.OFF);
  }

  @Test
  void everyFlagReachesTheConfiguration() {
    ServerConfig config =
        config(
            Map.of(),
            "--name",
            "n2",
            "--data-dir=/d",
            "--listen-client-urls",
            "http://0.0.0.0:1,http://127.0.0.1:2",
            "--advertise-client-urls",
            "http://h2:1",
            "--listen-metrics-urls",
            "http://127.0.0.1:4,http://h2:5",
            "--listen-peer-urls",
            "http://0.0.0.0:3",
            "--initial-advertise-peer-urls",
            "http://h2:3",
            "--initial-cluster",
            "n1=http://h1:3,n2=http://h2:3",
            "--initial-cluster-state",
            "existing",
            "--initial-cluster-token",
            "t",
            "--heartbeat-interval",
            "50",
            "--election-timeout",
            "400",
            "--max-request-bytes",
            "1000",
            "--max-txn-ops",
            "7",
            "--snapshot-count",
            "500",
            "--quota-backend-bytes",
            "9000000000",
            "--auto-compaction-mode",
            "revision",
            "--auto-compaction-retention",
            "1000");

    assertThat(config.name()).isEqualTo("n2");
    assertThat(config.dataDirectory()).isEqualTo(Path.of("/d"));
    assertThat(config.listenClientUrls())
        .containsExactly(URI.create("http://0.0.0.0:1"), URI.create("http://127.0.0.1:2"));
    assertThat(config.advertiseClientUrls()).containsExactly(URI.create("http://h2:1"));
    assertThat(config.listenMetricsUrls())
        .containsExactly(URI.create("http://127.0.0.1:4"), URI.create("http://h2:5"));
    assertThat(config.listenPeerUrl()).isEqualTo(URI.create("http://0.0.0.0:3"));
    assertThat(config.initialCluster())
        .containsEntry("n1", URI.create("http://h1:3"))
        .containsEntry("n2", URI.create("http://h2:3"));
    assertThat(config.initialClusterState()).isEqualTo(InitialClusterState.EXISTING);
    assertThat(config.initialClusterToken()).isEqualTo("t");
    assertThat(config.heartbeatInterval()).isEqualTo(Duration.ofMillis(50));
    assertThat(config.electionTimeout()).isEqualTo(Duration.ofMillis(400));
    assertThat(config.maxRequestBytes()).isEqualTo(1000);
    assertThat(config.maxTxnOperations()).isEqualTo(7);
    assertThat(config.snapshotCount()).isEqualTo(500);
    assertThat(config.quotaBackendBytes()).isEqualTo(9_000_000_000L);
    assertThat(config.autoCompaction()).isEqualTo(new CompactionPolicy.KeepRevisions(1000));
  }

  @Test
  void environmentStandsInForFlags() {
    ServerConfig config =
        config(Map.of("ETCD_DATA_DIR", "/env", "ETCD_ELECTION_TIMEOUT", "700", "PATH", "/bin"));

    assertThat(config.dataDirectory()).isEqualTo(Path.of("/env"));
    assertThat(config.electionTimeout()).isEqualTo(Duration.ofMillis(700));
  }

  @Test
  void metricsUrlsComeFromTheEnvironmentAndAnEmptyOneIsNone() {
    assertThat(
            config(Map.of("ETCD_LISTEN_METRICS_URLS", "http://127.0.0.1:2381")).listenMetricsUrls())
        .containsExactly(URI.create("http://127.0.0.1:2381"));
    assertThat(config(Map.of(), "--listen-metrics-urls=").listenMetricsUrls()).isEmpty();
  }

  @Test
  void flagWinsOverEnvironment() {
    assertThat(config(Map.of("ETCD_NAME", "env"), "--name", "flag").name()).isEqualTo("flag");
  }

  @Test
  void hiddenFlagsAreNotTakenFromTheEnvironment() {
    assertThat(config(Map.of("ETCD_STOP_WITH_PARENT", "rubbish")).name()).isEqualTo("default");
  }

  @Test
  void variableThatIsNoFlagIsFound() {
    assertThat(parse(Map.of()).unknownVariables(Set.of("ETCD_NAME", "ETCD_NMAE", "ETCDCTL_API")))
        .containsExactly("ETCD_NMAE");
  }

  @Test
  void flagsWithOneDashAreEtcdsToo() {
    assertThat(EtcdFlagStyle.normalize(new String[] {"server", "-name", "x", "-data-dir=-d", "-h"}))
        .containsExactly("server", "--name", "x", "--data-dir=-d", "-h");
  }

  @Test
  void otherCommandsKeepTheirArguments() {
    assertThat(EtcdFlagStyle.normalize(new String[] {"bench", "-name"}))
        .containsExactly("bench", "-name");
  }

  @Test
  void unknownClusterStateIsRefused() {
    ServerCommand command = parse(Map.of(), "--initial-cluster-state", "old");

    assertThatThrownBy(command::config)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--initial-cluster-state must be new or existing, is \"old\"");
  }

  @Test
  void retentionOfAnotherModeIsRefused() {
    ServerCommand command =
        parse(Map.of(), "--auto-compaction-mode", "revision", "--auto-compaction-retention", "1h");

    assertThatThrownBy(command::config)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--auto-compaction-retention must be a number of revisions");
  }

  @Test
  void flagOfEtcdsThatMeansNothingIsTakenWithALine() {
    ServerCommand command =
        parse(
            Map.of("ETCD_MAX_SNAPSHOTS", "9"),
            "--enable-pprof",
            "--max-wals=5",
            "--strict-reconfig-check",
            "--name",
            "n1");

    assertThat(command.config().name()).isEqualTo("n1");
    assertThat(command.notes(command.effective(), Map.of()))
        .containsExactlyInAnyOrder(
            "--enable-pprof has no effect: use the JVM's own tools",
            "--max-wals has no effect: the log keeps what members may need",
            "--max-snapshots has no effect: one snapshot is kept at most",
            "--strict-reconfig-check has no effect: it is always on");
    assertThat(command.unknownVariables(Set.of("ETCD_MAX_SNAPSHOTS"))).isEmpty();
  }

  @Test
  void flagThatAsksForWhatIsNotThereIsRefusedUnlessItAsksForNothing() {
    ServerCommand asking = parse(Map.of(), "--wal-dir", "/wal");
    ServerCommand notAsking = parse(Map.of(), "--proxy=off", "--wal-dir", "");

    assertThatThrownBy(asking::config)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--wal-dir is not supported: the log is in the data directory");
    assertThat(notAsking.config().name()).isEqualTo("default");
    assertThat(notAsking.notes(notAsking, Map.of())).isEmpty();
  }

  private static final String[] SECURE = {
    "--data-dir=/d",
    "--listen-client-urls=https://0.0.0.0:2379,https://10.0.0.1:2379",
    "--advertise-client-urls=https://db.example:2379",
    "--listen-peer-urls=https://[::]:2380",
    "--initial-advertise-peer-urls=https://[::1]:2380"
  };

  private static ServerCommand secure(String... more) {
    return parse(
        Map.of(), Stream.concat(Arrays.stream(SECURE), Arrays.stream(more)).toArray(String[]::new));
  }

  @Test
  void selfSignedCertificatesNameTheHostsOfTheUrlsAndAreKeptInTheDataDirectory() {
    ServerConfig config =
        secure("--auto-tls", "--peer-auto-tls=true", "--self-signed-cert-validity=2").config();

    assertThat(config.clientTls())
        .isEqualTo(
            TlsFiles.selfSigned(
                Path.of("/d/fixtures/client"),
                new TlsFiles.SelfSigned(
                    List.of("localhost", "127.0.0.1", "10.0.0.1", "db.example"),
                    Duration.ofDays(730))));
    assertThat(config.peerTls())
        .isEqualTo(
            TlsFiles.selfSigned(
                Path.of("/d/fixtures/peer"),
                new TlsFiles.SelfSigned(
                    List.of("localhost", "127.0.0.1", "::1"), Duration.ofDays(730))));
    assertThat(parse(Map.of(), "--auto-tls=false", "--peer-auto-tls=false").config().clientTls())
        .isNull();
  }

  @Test
  void certificateThatIsGivenIsUsedInsteadOfASelfSignedOne() {
    ServerCommand command =
        secure("--auto-tls", "--cert-file=c.pem", "--key-file=k.pem", "--peer-auto-tls");

    assertThat(command.config().clientTls())
        .isEqualTo(new TlsFiles(Path.of("c.pem"), Path.of("k.pem"), null, false));
    assertThat(command.notes(command, Map.of()))
        .containsExactly("--auto-tls has no effect: --cert-file says which certificate to show");
  }

  @Test
  void selfSignedCertificatesThatWouldNotDoWhatIsAskedForAreRefused() {
    Map<String, String[]> wrong =
        Map.of(
            "--auto-tls verifies nobody: --client-cert-auth and --trusted-ca-file need --cert-file",
            new String[] {"--auto-tls", "--client-cert-auth", "--trusted-ca-file=ca.pem"},
            "--peer-auto-tls verifies nobody: --peer-client-cert-auth",
            new String[] {"--auto-tls", "--peer-auto-tls", "--peer-trusted-ca-file=ca.pem"},
            "--self-signed-cert-validity must be from 1 to 100 years, is 0",
            new String[] {"--auto-tls", "--peer-auto-tls", "--self-signed-cert-validity=0"},
            "by which certificate, or have one made with --peer-auto-tls",
            new String[] {"--auto-tls"});
    wrong.forEach((message, flags) ->
        assertThatThrownBy(secure(flags)::config)
            .isInstanceOf(ParameterException.class)
            .hasMessageContaining(message));
    assertThatThrownBy(parse(Map.of(), "--auto-tls")::config)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(
            "--auto-tls is given, and --listen-client-urls http://localhost:2379 has no https://");
    assertThatThrownBy(parse(Map.of(), "--peer-auto-tls")::config)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(
            "--peer-auto-tls is given, and peer URL http://localhost:2380 is in the clear");
  }

  @Test
  void newClusterIsForcedOnlyWhereThatIsAskedFor() {
    assertThat(parse(Map.of()).config().forceNewCluster()).isFalse();
    assertThat(parse(Map.of(), "--force-new-cluster").config().forceNewCluster()).isTrue();
    assertThat(parse(Map.of(), "--force-new-cluster=false").config().forceNewCluster()).isFalse();
    assertThat(parse(Map.of("ETCD_FORCE_NEW_CLUSTER", "true")).config().forceNewCluster()).isTrue();
  }

  @Test
  void membersAreComparedAsOftenAsIsAskedForUnderEitherName() {
    assertThat(parse(Map.of()).config().corruptCheckInterval()).isZero();
    assertThat(parse(Map.of(), "--corrupt-check-time=4h").config().corruptCheckInterval())
        .isEqualTo(Duration.ofHours(4));
    assertThat(
            parse(Map.of(), "--experimental-corrupt-check-time=30m", "--corrupt-check-time", "0")
                .config()
                .corruptCheckInterval())
        .isZero();
    assertThat(
            parse(Map.of("ETCD_EXPERIMENTAL_CORRUPT_CHECK_TIME", "90s"))
                .config()
                .corruptCheckInterval())
        .isEqualTo(Duration.ofSeconds(90));
    for (String wrong : List.of("often", "5", "500ms", "-1h", "")) {
      assertThatThrownBy(parse(Map.of(), "--corrupt-check-time=" + wrong)::config)
          .as(wrong)
          .isInstanceOf(ParameterException.class)
          .hasMessageContaining("--corrupt-check-time must be a time");
    }
    assertThat(parse(Map.of()).config().initialCorruptCheck()).isFalse();
    assertThat(
            parse(Map.of(), "--experimental-initial-corrupt-check").config().initialCorruptCheck())
        .isTrue();
  }

  @Test
  void settingsForClientsAreTakenUnderEitherName() {
    assertThat(parse(Map.of()).config().clients()).isEqualTo(ClientSettings.DEFAULT);
    assertThat(
            config(
                    Map.of("ETCD_GRPC_KEEPALIVE_TIMEOUT", "7s"),
                    "--max-concurrent-streams=100",
                    "--grpc-keepalive-min-time=0s",
                    "--grpc-keepalive-interval=1m30s",
                    "--watch-progress-notify-interval=5s",
                    "--experimental-watch-progress-notify-interval=6s",
                    "--experimental-warning-unary-request-duration=150ms")
                .clients())
        .isEqualTo(
            new ClientSettings(
                100,
                Duration.ZERO,
                Duration.ofSeconds(90),
                Duration.ofSeconds(7),
                Duration.ofSeconds(5),
                Duration.ofMillis(150),
                AccessPolicy.DEFAULT));
    // As kubeadm gives it for etcd 3.5.
    assertThat(
            config(Map.of(), "--experimental-watch-progress-notify-interval=5s")
                .clients()
                .watchProgressInterval())
        .isEqualTo(Duration.ofSeconds(5));
    for (String unlimited : List.of("0", "4294967295")) {
      assertThat(config(Map.of(), "--max-concurrent-streams", unlimited).clients())
          .isEqualTo(ClientSettings.DEFAULT);
    }
    assertThat(config(Map.of(), "--watch-progress-notify-interval=0s").clients())
        .isEqualTo(ClientSettings.DEFAULT);
    assertThatThrownBy(parse(Map.of(), "--max-concurrent-streams=-1")::config)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--max-concurrent-streams must be from 0, for no limit");
    assertThatThrownBy(() -> parse(Map.of(), "--grpc-keepalive-min-time=5"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("'--grpc-keepalive-min-time'")
        .hasMessageContaining("\"5\" is not a number with a unit: 500ms, 5s or 1m30s");
  }

  @Test
  void pagesAndHostsAreThoseOfTheListsAndAStarIsAll() {
    assertThat(
            config(
                    Map.of("ETCD_HOST_WHITELIST", "localhost,127.0.0.1"),
                    "--cors=http://a.example, https://b.example:1")
                .clients()
                .access())
        .isEqualTo(
            new AccessPolicy(
                Set.of("http://a.example", "https://b.example:1"),
                Set.of("localhost", "127.0.0.1")));
    assertThat(config(Map.of(), "--cors=*", "--host-whitelist=*").clients().access())
        .isEqualTo(new AccessPolicy(Set.of("*"), Set.of("*")));
    assertThat(config(Map.of(), "--cors=", "--host-whitelist=").clients().access())
        .isEqualTo(AccessPolicy.DEFAULT);
    assertThatThrownBy(parse(Map.of(), "--cors=a.example")::config)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--cors \"a.example\" is no origin: write * or");
  }

  @Test
  void gateOfTheInitialCheckIsOpenedAndOthersAreToldToHaveNoEffect() {
    ServerCommand command =
        parse(
            Map.of(),
            "--feature-gates",
            "InitialCorruptCheck=true,CompactHashCheck=true,LeaseCheckpoint=true,AllAlpha=false");

    assertThat(command.config().initialCorruptCheck()).isTrue();
    assertThat(command.notes(command, Map.of()))
        .containsExactly(
            "--feature-gates CompactHashCheck=true has no effect: see --corrupt-check-time",
            "--feature-gates LeaseCheckpoint=true has no effect: there is no such gate");
    assertThat(config(Map.of(), "--feature-gates=").initialCorruptCheck()).isFalse();
    assertThat(config(Map.of(), "--feature-gates=InitialCorruptCheck=false").initialCorruptCheck())
        .isFalse();
    for (String wrong : List.of("InitialCorruptCheck", "InitialCorruptCheck=yes", "true")) {
      assertThatThrownBy(parse(Map.of(), "--feature-gates=" + wrong)::config)
          .as(wrong)
          .isInstanceOf(ParameterException.class)
          .hasMessageContaining(
              "--feature-gates: \"%s\" is not of the form Name=true".formatted(wrong));
    }
  }

  @Test
  void timesThatAreTooShortCountAsTheLeastThereIsAndThatIsTold() {
    ServerCommand command =
        parse(
            Map.of(), "--watch-progress-notify-interval=1ms", "--grpc-keepalive-interval", "500ms");

    ClientSettings clients = command.config().clients();
    assertThat(clients.watchProgressInterval()).isEqualTo(Duration.ofMillis(100));
    assertThat(clients.keepAliveInterval()).isEqualTo(Duration.ofSeconds(10));
    assertThat(command.notes(command, Map.of()))
        .containsExactly(
            "--watch-progress-notify-interval is taken for 100ms, the least there is",
            "--grpc-keepalive-interval is taken for 10s, the least there is");
  }

  @Test
  void timesInAFileMayBeNanosecondsAsWithEtcd(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("etcd.yml");
    Files.writeString(
        file,
        """
        grpc-keepalive-interval: 60000000000
        grpc-keepalive-timeout: 3s
        max-concurrent-streams: 50
        """);

    ClientSettings clients =
        parse(Map.of(), "--config-file", file.toString()).effective().config().clients();

    assertThat(clients.keepAliveInterval()).isEqualTo(Duration.ofMinutes(1));
    assertThat(clients.keepAliveTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(clients.maxConcurrentStreams()).isEqualTo(50);
  }

  @Test
  void fileAloneCountsAndWhatIsIgnoredIsTold(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("etcd.yml");
    Files.writeString(
        file,
        """
        name: from-file
        snapshot-count: 77
        max-wals: 5
        """);
    Map<String, String> environment =
        Map.of("ETCD_HEARTBEAT_INTERVAL", "7", "ETCD_CONFIG_FILE", file.toString());

    ServerCommand command = parse(environment, "--name", "from-flag");
    ServerCommand effective = command.effective();

    assertThat(effective.config().name()).isEqualTo("from-file");
    assertThat(effective.config().snapshotCount()).isEqualTo(77);
    assertThat(effective.config().heartbeatInterval()).isEqualTo(Duration.ofMillis(100));
    assertThat(command.notes(effective, environment))
        .containsExactlyInAnyOrder(
            "--name, because of --config-file",
            "ETCD_HEARTBEAT_INTERVAL in the environment, because of --config-file",
            "--max-wals has no effect: the log keeps what members may need");
  }

  /** The one that comes with etcd, which has every key. */
  @Test
  void sampleFileOfEtcdsIsTaken(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("etcd.conf.yml");
    Files.writeString(
        file,
        """
        name: 'default'
        data-dir:
        wal-dir:
        snapshot-count: 10000
        heartbeat-interval: 100
        election-timeout: 1000
        quota-backend-bytes: 0
        listen-peer-urls: http://localhost:2380
        listen-client-urls: http://localhost:2379
        max-snapshots: 5
        max-wals: 5
        cors:
        initial-advertise-peer-urls: http://localhost:2380
        advertise-client-urls: http://localhost:2379
        discovery:
        discovery-fallback: 'proxy'
        discovery-proxy:
        discovery-srv:
        initial-cluster:
        initial-cluster-token: 'etcd-cluster'
        initial-cluster-state: 'new'
        strict-reconfig-check: false
        enable-v2: true
        enable-pprof: true
        proxy: 'off'
        proxy-failure-wait: 5000
        proxy-refresh-interval: 30000
        proxy-dial-timeout: 1000
        proxy-write-timeout: 5000
        proxy-read-timeout: 0
        client-transport-security:
          cert-file:
          key-file:
          client-cert-auth: false
          trusted-ca-file:
          auto-tls: false
        peer-transport-security:
          cert-file:
          key-file:
          client-cert-auth: false
          trusted-ca-file:
          auto-tls: false
        self-signed-cert-validity: 1
        log-level: debug
        logger: zap
        log-outputs: [stderr]
        force-new-cluster: false
        auto-compaction-mode: periodic
        auto-compaction-retention: "1"
        """);
    ServerCommand command = parse(Map.of(), "--config-file", file.toString());
    ServerCommand effective = command.effective();
    ServerConfig config = effective.config();

    assertThat(config.electionTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.clientTls()).isNull();
    assertThat(config.autoCompaction())
        .isEqualTo(new CompactionPolicy.KeepTime(Duration.ofHours(1)));
    assertThat(command.notes(effective, Map.of()))
        .contains("--enable-v2 has no effect: there is only the v3 API")
        .noneMatch(note -> note.contains("auto-tls") || note.contains("proxy-read-timeout"));
  }

  @Test
  void valueInAFileThatCannotBeUsedIsRefusedWithTheFile(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("etcd.yml");
    Files.writeString(file, "snapshot-count: many\n");
    ServerCommand command = parse(Map.of(), "--config-file", file.toString());

    assertThatThrownBy(command::effective)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("'--snapshot-count'")
        .hasMessageContaining("many");
  }

  @Test
  void everyFlagIsInTheManualAndNoOther() throws IOException {
    Path manual = Path.of("..", "docs", "configuration.md");
    Set<String> documented = new TreeSet<>();
    Matcher rows = Pattern.compile("(?m)^\\| (`--[a-z].*?) \\|").matcher(Files.readString(manual));
    while (rows.find()) {
      Matcher names = Pattern.compile("`(--[a-z0-9-]+)`").matcher(rows.group(1));
      while (names.find()) {
        assertThat(documented.add(names.group(1))).as("%s is there once", names.group(1)).isTrue();
      }
    }
    CommandLine commandLine = new CommandLine(new ServerCommand());
    ServerCommand.complete(commandLine, Map.of());
    Set<String> flags =
        commandLine.getCommandSpec().options().stream()
            .map(OptionSpec::longestName)
            .filter(name -> !name.equals(EnvironmentDefaults.PARENT))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(documented).isEqualTo(flags);
  }
}
