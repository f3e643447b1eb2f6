package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.jangada.etcd.api.etcdserverpb.AlarmRequest;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest.AlarmAction;
import dev.jangada.etcd.api.etcdserverpb.AlarmType;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.server.ServerConfig.StoreEngine;
import dev.jangada.server.embedded.FreePorts;
import dev.jangada.server.http.RawHttp;
import dev.jangada.server.http.RawHttp.Answer;
import dev.jangada.server.tls.TestAuthority;
import dev.jangada.server.tls.TestKeys;
import dev.jangada.server.tls.TlsFiles;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is served at the URLs for metrics, and what is told there of members that are not well. */
class MonitoringTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private static URI url(String scheme, int port) {
    return URI.create(scheme + "://127.0.0.1:" + port);
  }

  private ServerConfig.Builder member(List<Integer> ports) {
    return ServerConfig.builder()
        .name("n1")
        .dataDirectory(directory.resolve("n1"))
        .storeEngine(StoreEngine.HEAP)
        .listenClientUrls(List.of(url("http", ports.get(0))))
        .listenPeerUrls(List.of(url("http", ports.get(1))))
        .listenMetricsUrls(List.of(url("http", ports.get(2))));
  }

  private static Answer get(int port, String path) throws IOException {
    try (RawHttp http = new RawHttp(port)) {
      return http.get(path).answer();
    }
  }

  @Test
  void metricsAndHealthAreServedThereAndNothingElse() throws Exception {
    List<Integer> ports = FreePorts.find(3);
    try (JangadaServer server = JangadaServer.start(member(ports).build())) {
      TestCluster.awaitReady(server);
      int port = ports.get(2);

      assertThat(get(port, "/metrics").body()).contains("\netcd_server_has_leader 1");
      assertThat(get(port, "/health").body()).isEqualTo("{\"health\":\"true\",\"reason\":\"\"}");
      // As kubeadm asks.
      assertThat(get(port, "/health?serializable=false").status()).isEqualTo(200);
      assertThat(get(port, "/health?exclude=NOSPACE&serializable=true").status()).isEqualTo(200);
      assertThat(get(port, "/livez").body()).isEqualTo("ok\n");
      assertThat(get(port, "/readyz/linearizable_read").body()).isEqualTo("ok\n");
      for (String elsewhere : List.of("/", "/version", "/v3/kv/range", "/debug/vars")) {
        assertThat(get(port, elsewhere).status()).as(elsewhere).isEqualTo(404);
      }
      try (RawHttp http = new RawHttp(port)) {
        assertThat(http.post("/v3/kv/range", "{\"key\":\"eA==\"}").answer().status())
            .isEqualTo(404);
        assertThat(http.post("/health", "{}").answer().status()).isEqualTo(405);
        // Connections are kept, as for clients.
        assertThat(http.get("/livez").answer().status()).isEqualTo(200);
      }
      try (RawHttp grpc = new RawHttp(port)) {
        grpc.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assertThat(grpc.isClosed()).isTrue();
      }
      // Clients find it all where it always was.
      assertThat(get(ports.get(0), "/metrics").status()).isEqualTo(200);
    }
    assertThatThrownBy(() -> get(ports.get(2), "/livez")).isInstanceOf(IOException.class);
  }

  @Test
  void addressThatIsTakenIsToldAndNothingIsLeftOpen() throws Exception {
    List<Integer> ports = FreePorts.find(3);
    try (ServerSocket other = new ServerSocket(ports.get(2), 1, InetAddress.getLoopbackAddress())) {
      ServerConfig config = member(ports).build();

      assertThatThrownBy(() -> JangadaServer.start(config))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(
              "cannot listen on --listen-metrics-urls [http://127.0.0.1:%d]: 127.0.0.1:%d: "
                  .formatted(other.getLocalPort(), other.getLocalPort()))
          .hasMessageContaining("in use");
    }
    try (JangadaServer server = JangadaServer.start(member(ports).build())) {
      TestCluster.awaitReady(server);
    }
  }

  @Test
  void memberOfAClusterWithoutMajorityLivesAndIsNotReady() throws Exception {
    List<Integer> ports = FreePorts.find(4);
    ServerConfig alone =
        member(ports)
            .initialCluster(
                Map.of(
                    "n1",
                    List.of(url("http", ports.get(1))),
                    "n2",
                    List.of(url("http", ports.get(3)))))
            .build();
    try (JangadaServer server = JangadaServer.start(alone)) {
      int port = ports.get(2);

      assertThat(server.status().leader()).isZero();
      assertThat(get(port, "/livez").body()).isEqualTo("ok\n");
      assertThat(get(port, "/health?serializable=true").status()).isEqualTo(200);
      Answer health = get(port, "/health");
      assertThat(health.status()).isEqualTo(503);
      assertThat(health.body()).contains("\"reason\":\"RAFT NO LEADER\"");
      Answer ready = get(port, "/readyz");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.body().lines())
          .containsExactly(
              "[+]data_corruption ok",
              "[+]serializable_read ok",
              "[-]linearizable_read failed: etcdserver: no leader",
              "[+]non_learner ok");
      assertThat(get(port, "/readyz?exclude=linearizable_read").body()).isEqualTo("ok\n");
    }
  }

  @Test
  void memberThatDiffersIsNotReadyAndOneWithoutSpaceIs() throws Exception {
    List<Integer> ports = FreePorts.find(3);
    try (JangadaServer server = JangadaServer.start(member(ports).build())) {
      TestCluster.awaitReady(server);
      raise(ports.get(0), server.memberId(), AlarmType.NOSPACE);
      int port = ports.get(2);

      assertThat(get(port, "/readyz").status()).isEqualTo(200);
      assertThat(get(port, "/health").status()).isEqualTo(503);
      assertThat(get(port, "/health?exclude=NOSPACE&serializable=true").status()).isEqualTo(200);

      raise(ports.get(0), server.memberId(), AlarmType.CORRUPT);
      assertThat(get(port, "/livez").status()).isEqualTo(200);
      Answer corrupt = get(port, "/readyz/data_corruption");
      assertThat(corrupt.status()).isEqualTo(503);
      assertThat(corrupt.body()).isEqualTo("[-]data_corruption failed: alarm activated: CORRUPT\n");
      assertThat(get(port, "/readyz?exclude=data_corruption").status()).isEqualTo(200);
    }
  }

  private static void raise(int port, long member, AlarmType alarm) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    try {
      var unused =
          MaintenanceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
              .alarm(
                  AlarmRequest.newBuilder()
                      .setAction(AlarmAction.ACTIVATE)
                      .setMemberID(member)
                      .setAlarm(alarm)
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void httpsAsksForTheCertificatesThatClientsNeedAndHttpBesideItForNone() throws Exception {
    TestAuthority authority = new TestAuthority("ours");
    TlsFiles server = authority.issue(directory, "server", Duration.ofDays(5), true);
    TlsFiles client = authority.issue(directory, "client", Duration.ofDays(5), false);
    List<Integer> ports = FreePorts.find(4);
    ServerConfig config =
        member(ports)
            .listenClientUrls(List.of(url("https", ports.get(0))))
            .listenMetricsUrls(List.of(url("http", ports.get(2)), url("https", ports.get(3))))
            .clientTls(server)
            .build();
    try (JangadaServer member = JangadaServer.start(config)) {
      TestCluster.awaitReady(member);

      assertThat(get(ports.get(2), "/livez").body()).isEqualTo("ok\n");
      try (RawHttp http = connect(ports.get(3), authority, client)) {
        assertThat(http.get("/livez").answer().body()).isEqualTo("ok\n");
      }
      assertThatThrownBy(
              () -> {
                try (RawHttp http = connect(ports.get(3), authority, null)) {
                  http.get("/livez").answer();
                }
              })
          .isInstanceOf(IOException.class);
      await()
          .atMost(PATIENCE)
          .until(() ->
              get(ports.get(2), "/metrics")
                  .body()
                  .contains(
                      "jangada_client_port_events_total{event=\"tls_handshake_failed\"} 1.0"));
    }
  }

  private static RawHttp connect(int port, TestAuthority trusted, @Nullable TlsFiles shown)
      throws IOException, GeneralSecurityException {
    KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
    authorities.load(null, null);
    authorities.setCertificateEntry("ca", trusted.certificate());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(authorities);
    KeyManager @Nullable [] keys = shown == null ? null : TestKeys.managers(shown);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, trust.getTrustManagers(), null);
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(
                    new Socket(InetAddress.getLoopbackAddress(), port), "127.0.0.1", port, true);
    socket.startHandshake();
    return new RawHttp(socket);
  }
}
