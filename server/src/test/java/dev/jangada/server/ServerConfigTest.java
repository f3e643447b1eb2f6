package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.server.tls.TlsFiles;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerConfigTest {

  private static final String THREE =
      "n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://[::1]:2380";

  @Test
  void defaultsAreAClusterOfOneOnTheLocalHost() {
    ServerConfig config = ServerConfig.builder().build();

    assertThat(config.name()).isEqualTo("default");
    assertThat(config.dataDirectory()).isEqualTo(Path.of("default.jangada"));
    assertThat(config.listenClientUrls()).containsExactly(URI.create("http://localhost:2379"));
    assertThat(config.advertiseClientUrls()).containsExactly(URI.create("http://localhost:2379"));
    assertThat(config.initialCluster())
        .isEqualTo(Map.of("default", URI.create("http://localhost:2380")));
    assertThat(config.heartbeatInterval()).isEqualTo(Duration.ofMillis(100));
    assertThat(config.electionTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.requestTimeout()).isEqualTo(Duration.ofSeconds(6));
    assertThat(config.maxRequestBytes()).isEqualTo(1536 << 10);
    assertThat(config.maxMessageBytes()).isEqualTo(2 << 20);
  }

  @Test
  void clusterIsReadFromText() {
    ServerConfig config = ServerConfig.builder().name("n2").initialCluster(THREE).build();

    assertThat(config.initialCluster())
        .containsExactly(
            Map.entry("n1", URI.create("http://10.0.0.1:2380")),
            Map.entry("n2", URI.create("http://10.0.0.2:2380")),
            Map.entry("n3", URI.create("http://[::1]:2380")));
    assertThat(config.peerUrl("n2")).isEqualTo(URI.create("http://10.0.0.2:2380"));
  }

  @Test
  void clusterIsTheSameWhateverTheOrderAndTheAddresses() {
    String name = ServerConfig.builder().name("n1").initialCluster(THREE).build().clusterName();
    ServerConfig.Builder moved =
        ServerConfig.builder()
            .name("n1")
            .initialCluster("n3=http://h3:1,n1=http://h1:1,n2=http://h2:1");

    assertThat(moved.build().clusterName()).isEqualTo(name);
    assertThat(moved.initialClusterToken("another").build().clusterName()).isNotEqualTo(name);
    assertThat(
            ServerConfig.builder()
                .name("n1")
                .initialCluster("n1=http://h1:1,n2=http://h2:1")
                .build()
                .clusterName())
        .isNotEqualTo(name);
  }

  @Test
  void ownNameMissingFromTheClusterIsRefused() {
    assertRefused(
        ServerConfig.builder().name("n4").initialCluster(THREE),
        "--initial-cluster lacks this member's name \"n4\" (--name): it lists n1, n2, n3; add"
            + " n4=<peer URL of this member>");
  }

  @Test
  void moreThanOtherMembersCanBeToldIsRefused() {
    List<URI> most = Collections.nCopies(64, URI.create("http://h:1"));
    assertThat(ServerConfig.builder().advertiseClientUrls(most).build().advertiseClientUrls())
        .hasSize(64);
    List<URI> tooMany = Collections.nCopies(65, URI.create("http://h:1"));
    assertRefused(
        ServerConfig.builder().advertiseClientUrls(tooMany),
        "--advertise-client-urls has 65 URLs: clients can be told of 64");
    assertRefused(
        ServerConfig.builder().listenClientUrls(tooMany),
        "--listen-client-urls has 65 URLs: clients can be told of 64");
    assertRefused(
        ServerConfig.builder().advertiseClientUrls(urls("http://" + "h".repeat(2040) + ":1")),
        "--advertise-client-urls has a URL of 2049 characters: it may have 2048");
    assertRefused(
        ServerConfig.builder().name("n".repeat(2049)),
        "--name has 2049 characters: it may have 2048");
  }

  @Test
  void contradictionsAreRefused() {
    assertRefused(
        ServerConfig.builder()
            .name("n1")
            .initialCluster(THREE)
            .initialAdvertisePeerUrls(urls("http://10.0.0.9:2380")),
        "--initial-cluster says that this member, \"n1\", is at http://10.0.0.1:2380, and"
            + " --initial-advertise-peer-urls says http://10.0.0.9:2380: make them equal");
    assertRefused(
        ServerConfig.builder().name("n1").initialCluster("n1=http://h:1,n2=http://h:1"),
        "--initial-cluster gives members \"n1\" and \"n2\" the same address http://h:1");
    assertRefused(
        ServerConfig.builder().heartbeatInterval(Duration.ofMillis(101)),
        "--election-timeout must be at least five times --heartbeat-interval, so 505 ms, is 500");
  }

  @Test
  void whatOthersCannotConnectToIsRefused() {
    assertRefused(
        ServerConfig.builder().listenClientUrls(urls("http://0.0.0.0:2379")),
        "--listen-client-urls http://0.0.0.0:2379 means every address of this host: say with"
            + " --advertise-client-urls which one clients are to use");
    assertRefused(
        ServerConfig.builder().advertiseClientUrls(urls("http://0.0.0.0:2379")),
        "--advertise-client-urls http://0.0.0.0:2379 is no address that others could connect to:"
            + " name one of this host's");
    assertRefused(
        ServerConfig.builder().listenPeerUrls(urls("http://[::]:2380")),
        "--initial-advertise-peer-urls http://[::]:2380 is no address that others could connect"
            + " to: name one of this host's");
    assertThat(
            ServerConfig.builder()
                .listenClientUrls(urls("http://0.0.0.0:2379"))
                .advertiseClientUrls(urls("http://10.0.0.1:2379"))
                .build()
                .advertiseClientUrls())
        .containsExactly(URI.create("http://10.0.0.1:2379"));
  }

  @Test
  void malformedUrlsAreRefusedWithTheFlagAndARemedy() {
    assertRefused(
        ServerConfig.builder().listenClientUrls(urls("https://localhost:2379")),
        "--listen-client-urls https://localhost:2379 wants TLS: say with --cert-file and --key-file"
            + " by which certificate, or have one made with --auto-tls");
    assertRefused(
        ServerConfig.builder().listenClientUrls(urls("localhost:2379")),
        "--listen-client-urls \"localhost:2379\" is not of the form http://host:port or"
            + " https://host:port");
    assertRefused(
        ServerConfig.builder().listenClientUrls(urls("http://localhost")),
        "--listen-client-urls http://localhost lacks a port between 1 and 65535: write"
            + " http://localhost:2379");
    assertRefused(
        ServerConfig.builder().listenClientUrls(urls("http://localhost:2379/v3")),
        "--listen-client-urls http://localhost:2379/v3 must end after the port: write"
            + " http://localhost:2379");
    assertRefused(
        ServerConfig.builder().listenPeerUrls(urls("http://a:1,http://b:2")),
        "--listen-peer-urls has 2 URLs (http://a:1,http://b:2): a member has one peer URL");
    assertThatThrownBy(() -> ServerConfig.builder().initialCluster("n1=http://a:1,,"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("--initial-cluster: \"\" is not of the form name=URL");
    assertThatThrownBy(() -> ServerConfig.urls("--listen-peer-urls", "http://a b"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--listen-peer-urls \"http://a b\" is not of the form http://host:port");
  }

  @Test
  void addressesForMetricsAreNobodyElsesAndSecuredLikeThoseForClients() {
    assertThat(ServerConfig.builder().build().listenMetricsUrls()).isEmpty();
    assertThat(
            ServerConfig.builder()
                .listenMetricsUrls(urls("http://127.0.0.1:2381,http://10.0.0.1:2379"))
                .build()
                .listenMetricsUrls())
        .containsExactly(URI.create("http://127.0.0.1:2381"), URI.create("http://10.0.0.1:2379"));
    assertRefused(
        ServerConfig.builder().listenMetricsUrls(urls("http://localhost:2379")),
        "--listen-metrics-urls http://localhost:2379 and --listen-client-urls"
            + " http://localhost:2379 are the same address: give metrics a port of their own, or"
            + " leave the flag out, as the client URLs serve them anyway");
    assertThatThrownBy(ServerConfig.builder().listenMetricsUrls(urls("http://0.0.0.0:2380"))::build)
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(
            "--listen-metrics-urls http://0.0.0.0:2380 and --listen-peer-urls"
                + " http://localhost:2380 are the same address");
    assertRefused(
        ServerConfig.builder().listenMetricsUrls(urls("localhost:2381")),
        "--listen-metrics-urls \"localhost:2381\" is not of the form http://host:port or"
            + " https://host:port");
    assertRefused(
        ServerConfig.builder().listenMetricsUrls(urls("https://localhost:2381")),
        "--listen-metrics-urls https://localhost:2381 wants TLS: say with --cert-file and"
            + " --key-file by which certificate, or have one made with --auto-tls");
    TlsFiles files = new TlsFiles(Path.of("c.pem"), Path.of("k.pem"), null, false);
    assertThat(
            ServerConfig.builder()
                .clientTls(files)
                .listenMetricsUrls(urls("https://localhost:2381"))
                .build()
                .clientTls())
        .isEqualTo(files);
    assertRefused(
        ServerConfig.builder()
            .clientTls(files)
            .listenMetricsUrls(urls("https://127.0.0.1:2381,http://[::1]:2381")),
        "--listen-metrics-urls https://127.0.0.1:2381,http://[::1]:2381: one port is either http or"
            + " https");
  }

  @Test
  void namesThatCouldNotStandInAClusterAreRefused() {
    assertRefused(
        ServerConfig.builder().name("a=b"),
        "--name \"a=b\" cannot be used: a name has no blanks, commas or equal signs");
  }

  private static List<URI> urls(String text) {
    return ServerConfig.urls("--some-urls", text);
  }

  private static void assertRefused(ServerConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build).isInstanceOf(ConfigException.class).hasMessage(message);
  }
}
