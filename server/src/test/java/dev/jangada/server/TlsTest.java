package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.server.http.RawHttp;
import dev.jangada.server.tls.TestAuthority;
import dev.jangada.server.tls.TlsFiles;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Three members that talk to clients and to each other over TLS only, and want certificates. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final TestAuthority authority = new TestAuthority("ours");
  private final TestAuthority strangers = new TestAuthority("strangers");
  private final JangadaServer[] servers = new JangadaServer[3];
  private final int[] clientPorts = new int[3];
  private final int[] peerPorts = new int[3];
  private Path directory;
  private TlsFiles server;
  private TlsFiles client;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    this.directory = directory;
    server = authority.issue(directory, "server", Duration.ofDays(5), true);
    client = authority.issue(directory, "client", Duration.ofDays(5), false);
    Map<String, List<URI>> peers = new LinkedHashMap<>();
    for (int i = 0; i < 3; i++) {
      try (ServerSocket one = new ServerSocket(0);
          ServerSocket other = new ServerSocket(0)) {
        clientPorts[i] = one.getLocalPort();
        peerPorts[i] = other.getLocalPort();
      }
      peers.put("n" + i, List.of(url(peerPorts[i])));
    }
    for (int i = 0; i < 3; i++) {
      servers[i] =
          JangadaServer.start(
              ServerConfig.builder()
                  .name("n" + i)
                  .dataDirectory(directory.resolve("n" + i))
                  .listenClientUrls(List.of(url(clientPorts[i])))
                  .listenPeerUrls(Objects.requireNonNull(peers.get("n" + i)))
                  .initialCluster(peers)
                  .clientTls(server)
                  .peerTls(server)
                  .build());
    }
  }

  @AfterAll
  void stop() {
    for (JangadaServer each : servers) {
      each.close();
    }
  }

  private static URI url(int port) {
    return URI.create("https://127.0.0.1:" + port);
  }

  @Test
  void grpcAndHttpWorkOverTlsAndSoDoMembersAmongThemselves() throws Exception {
    // A linearizable read: so the members talk to each other.
    for (int member = 0; member < 3; member++) {
      range(member, client);
      try (RawHttp http = new RawHttp(connect(client, "TLSv1.3"))) {
        assertThat(http.get("/version").answer().status()).isEqualTo(200);
      }
      try (RawHttp http = new RawHttp(connect(client, "TLSv1.2"))) {
        assertThat(http.post("/v3/kv/range", "{\"key\":\"eA==\"}").answer().status())
            .isEqualTo(200);
      }
    }
  }

  @Test
  void clientWithoutCertificateOrWithOneOfAnotherAuthorityOrAnExpiredOneIsLetInNowhere()
      throws Exception {
    double before = failures("tls_handshake_failed");
    TlsFiles stranger = strangers.issue(directory, "stranger", Duration.ofDays(5), false);
    TlsFiles expired = authority.issue(directory, "expired", Duration.ofHours(23), false);
    TlsFiles[] refused = {null, stranger, expired};
    for (TlsFiles files : refused) {
      assertThatThrownBy(() -> range(0, files))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              failure ->
                  assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
      assertThatThrownBy(
              () -> {
                try (RawHttp http = new RawHttp(connect(files, "TLSv1.3"))) {
                  http.get("/version").answer();
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(failures("tls_handshake_failed")).isGreaterThanOrEqualTo(before + 6);
  }

  @Test
  void olderTlsIsRefused() {
    assertThatThrownBy(() -> connect(client, "TLSv1.1").close()).isInstanceOf(IOException.class);
  }

  @Test
  void plainTextIsClosedAndCounted() throws Exception {
    double before = failures("plain_on_tls_port");
    try (RawHttp http = new RawHttp(clientPorts[0])) {
      http.get("/version");

      assertThat(http.isClosed()).isTrue();
    }
    try (RawHttp scanner = new RawHttp(clientPorts[0])) {
      scanner.send("\u0000\u0000\u0000\u0001 rubbish");

      assertThat(scanner.isClosed()).isTrue();
    }
    assertThat(failures("plain_on_tls_port")).isEqualTo(before + 2);
  }

  @Test
  void strangersAtThePortOfMembersAreClosedAndCounted() throws Exception {
    for (String rubbish :
        new String[] {"GET / HTTP/1.1\r\n\r\n", "\u0000\u0001\u0002\u0003\u0004"}) {
      double before = metric("jangada_peer_connections_malformed_total ");
      try (RawHttp stranger = new RawHttp(peerPorts[0])) {
        stranger.send(rubbish);

        assertThat(stranger.isClosed()).isTrue();
      }
      assertThat(metric("jangada_peer_connections_malformed_total ")).isEqualTo(before + 1);
    }
  }

  @Test
  void replacedCertificateIsShownToNewConnectionsAndABrokenOneIsNot() throws Exception {
    BigInteger old = shownCertificate().getSerialNumber();
    Files.writeString(server.certificate(), "broken");
    TimeUnit.MILLISECONDS.sleep(1_100); // the files are looked at once a second
    assertThat(shownCertificate().getSerialNumber()).isEqualTo(old);

    TlsFiles fresh = authority.issue(directory, "fresh", Duration.ofDays(5), true);
    Files.move(fresh.key(), server.key(), StandardCopyOption.REPLACE_EXISTING);
    Files.move(fresh.certificate(), server.certificate(), StandardCopyOption.REPLACE_EXISTING);

    await().atMost(PATIENCE).until(() -> !shownCertificate().getSerialNumber().equals(old));
    range(0, client);
  }

  private X509Certificate shownCertificate() throws Exception {
    try (SSLSocket socket = connect(client, "TLSv1.3")) {
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private double failures(String event) throws Exception {
    return metric("jangada_client_port_events_total{event=\"" + event + "\"} ");
  }

  private double metric(String prefix) throws Exception {
    try (RawHttp http = new RawHttp(connect(client, "TLSv1.3"))) {
      return http.get("/metrics")
          .answer()
          .body()
          .lines()
          .filter(line -> line.startsWith(prefix))
          .mapToDouble(line -> Double.parseDouble(line.substring(prefix.length())))
          .sum();
    }
  }

  private SSLSocket connect(@Nullable TlsFiles files, String version) throws IOException {
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), clientPorts[0]);
    SSLSocket socket =
        (SSLSocket)
            context(files)
                .getSocketFactory()
                .createSocket(plain, "127.0.0.1", clientPorts[0], true);
    socket.setEnabledProtocols(new String[] {version});
    socket.startHandshake();
    return socket;
  }

  private void range(int member, @Nullable TlsFiles files) throws Exception {
    var ssl = GrpcSslContexts.forClient().trustManager(authority.certificate());
    if (files != null) {
      ssl.keyManager(files.certificate().toFile(), files.key().toFile());
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", clientPorts[member])
            .sslContext(ssl.build())
            .build();
    try {
      var unused =
          KVGrpc.newBlockingStub(channel)
              .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
              .range(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("x")).build());
    } finally {
      channel.shutdownNow();
    }
  }

  /** Trusts our authority, and shows a certificate if there is one. */
  private SSLContext context(@Nullable TlsFiles files) throws IOException {
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", authority.certificate());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          files == null ? null : dev.jangada.server.tls.TestKeys.managers(files),
          trust.getTrustManagers(),
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
