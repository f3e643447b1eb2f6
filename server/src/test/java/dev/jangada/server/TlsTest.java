package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.server.embedded.FreePorts;
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
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
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

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String MALFORMED = "jangada_peer_connections_malformed_total ";

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
    List<Integer> ports = FreePorts.find(6);
    Map<String, List<URI>> peers = new LinkedHashMap<>();
    for (int i = 0; i < 3; i++) {
      clientPorts[i] = ports.get(i);
      peerPorts[i] = ports.get(3 + i);
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
    for (JangadaServer each : servers) {
      TestCluster.awaitReady(each);
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
    // A client hears that it is refused before the server has counted it.
    await().atMost(PATIENCE).until(() -> failures("tls_handshake_failed") >= before + 6);
  }

  /** It is the client that refuses then, and says why. */
  @Test
  void clientThatTrustsAnotherAuthorityOrWantedAnotherHostDoesNotTalkToThisOne() {
    assertThatThrownBy(() -> range(0, client, strangers, "127.0.0.1"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> {
              assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(failure)
                  .hasStackTraceContaining("unable to find valid certification path");
            });
    assertThatThrownBy(() -> range(0, client, authority, "elsewhere.example"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> {
              assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(failure).hasStackTraceContaining("name matching elsewhere.example found");
            });
  }

  /**
   * Whoever connects to the members' port gets no answer to anything before it has proved itself.
   */
  @Test
  void strangerAtThePortOfMembersWithoutTheRightCertificateIsClosedAndCounted() throws Exception {
    TlsFiles stranger = strangers.issue(directory, "peer-stranger", Duration.ofDays(5), false);
    TlsFiles expired = authority.issue(directory, "peer-expired", Duration.ofHours(23), false);
    TlsFiles[] refused = {null, stranger, expired};
    for (TlsFiles files : refused) {
      for (String version : new String[] {"TLSv1.3", "TLSv1.2"}) {
        double before = metric(MALFORMED);
        assertThatThrownBy(
                () -> {
                  // By TLS 1.3 a client hears only after its own handshake that it is refused.
                  try (SSLSocket socket = connect(files, version, peerPorts[0])) {
                    assertThat(socket.getInputStream().read()).isEqualTo(-1);
                    throw new IOException("closed");
                  }
                })
            .isInstanceOf(IOException.class);
        awaitMalformed(before + 1);
      }
    }
  }

  @Test
  void rubbishAndOversizedFramesUnderTlsAtThePortOfMembersAreClosedAndCounted() throws Exception {
    byte[][] rubbish = {
      "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
      {0x7f, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0}
    };
    for (byte[] bytes : rubbish) {
      double before = metric(MALFORMED);
      try (SSLSocket socket = connect(client, "TLSv1.3", peerPorts[0])) {
        socket.getOutputStream().write(bytes);

        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }
      awaitMalformed(before + 1);
    }
  }

  /** A member tells nothing to whoever answers at another member's address without proving it. */
  @Test
  void memberDoesNotTalkToWhoAnswersForAnotherOneWithTheWrongCertificate() throws Exception {
    TlsFiles[] wrong = {
      authority.issueForElsewhere(directory, "ghost-elsewhere"),
      strangers.issue(directory, "ghost-stranger", Duration.ofDays(5), false),
      authority.issue(directory, "ghost-expired", Duration.ofHours(23), false)
    };
    for (int i = 0; i < wrong.length; i++) {
      try (SSLServerSocket ghost =
              (SSLServerSocket)
                  context(wrong[i])
                      .getServerSocketFactory()
                      .createServerSocket(0, 1, InetAddress.getLoopbackAddress());
          JangadaServer member = memberBeside(ghost.getLocalPort(), "beside" + i)) {
        assertThat(refusal(ghost)).hasMessageContaining("certificate");
        assertThat(member.whenReady()).isNotDone();
      }
    }
  }

  /**
   * Why the member that connects goes no further. It says so and closes the connection; where this
   * end still writes just then, it learns of the closing alone, and listens to the next attempt.
   */
  private static SSLException refusal(SSLServerSocket ghost) throws IOException {
    ghost.setSoTimeout(30_000);
    while (true) {
      try (SSLSocket connection = (SSLSocket) ghost.accept()) {
        connection.startHandshake();
        throw new AssertionError("the member takes this end for another member");
      } catch (SSLException refusal) {
        return refusal;
      } catch (SocketException closed) {
        // The member tries again until it works.
      }
    }
  }

  /** A member of two, the other of which is not a member at all. */
  private JangadaServer memberBeside(int otherPort, String name) throws IOException {
    Map<String, List<URI>> peers = new LinkedHashMap<>();
    URI[] own = new URI[2];
    List<Integer> ports = FreePorts.find(2);
    for (int i = 0; i < 2; i++) {
      own[i] = url(ports.get(i));
    }
    peers.put(name, List.of(own[0]));
    peers.put("ghost", List.of(url(otherPort)));
    return JangadaServer.start(
        ServerConfig.builder()
            .name(name)
            .dataDirectory(directory.resolve(name))
            .listenClientUrls(List.of(own[1]))
            .listenPeerUrls(List.of(own[0]))
            .initialCluster(peers)
            .clientTls(server)
            .peerTls(server)
            .build());
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
    await().atMost(PATIENCE).until(() -> failures("plain_on_tls_port") == before + 2);
  }

  @Test
  void strangersAtThePortOfMembersAreClosedAndCounted() throws Exception {
    for (String rubbish :
        new String[] {"GET / HTTP/1.1\r\n\r\n", "\u0000\u0001\u0002\u0003\u0004"}) {
      double before = metric(MALFORMED);
      try (RawHttp stranger = new RawHttp(peerPorts[0])) {
        stranger.send(rubbish);

        assertThat(stranger.isClosed()).isTrue();
      }
      awaitMalformed(before + 1);
    }
  }

  @Test
  void replacedCertificateIsShownToNewConnectionsAndABrokenOneIsNot() throws Exception {
    BigInteger old = shownCertificate().getSerialNumber();
    byte[] whole = Files.readAllBytes(server.certificate());
    Files.writeString(server.certificate(), "broken");
    TimeUnit.MILLISECONDS.sleep(1_100); // the files are looked at once a second
    assertThat(shownCertificate().getSerialNumber()).isEqualTo(old);

    TlsFiles fresh = authority.issue(directory, "fresh", Duration.ofDays(5), true);
    // Between the two, key and certificate do not fit together.
    Files.write(server.certificate(), whole);
    Files.move(fresh.key(), server.key(), StandardCopyOption.REPLACE_EXISTING);
    TimeUnit.MILLISECONDS.sleep(1_100);
    assertThat(shownCertificate().getSerialNumber()).isEqualTo(old);

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

  /** A connection is closed, on some paths, before that is counted. */
  private void awaitMalformed(double count) {
    await().atMost(PATIENCE).until(() -> metric(MALFORMED) == count);
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
    return connect(files, version, clientPorts[0]);
  }

  private SSLSocket connect(@Nullable TlsFiles files, String version, int port) throws IOException {
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
    plain.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
    SSLSocket socket =
        (SSLSocket) context(files).getSocketFactory().createSocket(plain, "127.0.0.1", port, true);
    socket.setEnabledProtocols(new String[] {version});
    socket.startHandshake();
    return socket;
  }

  private void range(int member, @Nullable TlsFiles files) throws Exception {
    range(member, files, authority, "127.0.0.1");
  }

  private void range(int member, @Nullable TlsFiles files, TestAuthority trusted, String host)
      throws Exception {
    var ssl = GrpcSslContexts.forClient().trustManager(trusted.certificate());
    if (files != null) {
      ssl.keyManager(files.certificate().toFile(), files.key().toFile());
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", clientPorts[member])
            .overrideAuthority(host)
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
