package dev.jangada.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.server.ServerConfig;
import dev.jangada.server.ServerConfig.InitialClusterState;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class ServerFlagsTest {

  private static ServerCommand parse(Map<String, String> environment, String... args) {
    ServerCommand command = new ServerCommand();
    CommandLine commandLine = new CommandLine(command);
    commandLine.setDefaultValueProvider(new EnvironmentDefaults(environment));
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
            "500");

    assertThat(config.name()).isEqualTo("n2");
    assertThat(config.dataDirectory()).isEqualTo(Path.of("/d"));
    assertThat(config.listenClientUrls())
        .containsExactly(URI.create("http://0.0.0.0:1"), URI.create("http://127.0.0.1:2"));
    assertThat(config.advertiseClientUrls()).containsExactly(URI.create("http://h2:1"));
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
  }

  @Test
  void environmentStandsInForFlags() {
    ServerConfig config =
        config(Map.of("ETCD_DATA_DIR", "/env", "ETCD_ELECTION_TIMEOUT", "700", "PATH", "/bin"));

    assertThat(config.dataDirectory()).isEqualTo(Path.of("/env"));
    assertThat(config.electionTimeout()).isEqualTo(Duration.ofMillis(700));
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
}
