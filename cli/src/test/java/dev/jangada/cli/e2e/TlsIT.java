package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.cli.ctl.KeytoolCertificates;
import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberAddRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberPromoteRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import dev.jangada.server.embedded.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that talk to clients and to each other over TLS only. */
@Timeout(600)
class TlsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Exit code of a member that was removed. */
  private static final int EXPELLED = 3;

  @TempDir private Path directory;

  private final Map<String, Integer> clientPorts = new TreeMap<>();
  private final Map<String, Integer> peerPorts = new TreeMap<>();
  private final Map<String, Command> processes = new TreeMap<>();
  private final Map<String, ManagedChannel> channels = new TreeMap<>();

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory
  TlsIT() {}

  @BeforeEach
  void choosePorts() throws IOException {
    List<Integer> ports = FreePorts.find(8);
    for (int i = 0; i < 4; i++) {
      clientPorts.put("n" + (i + 1), ports.get(2 * i));
      peerPorts.put("n" + (i + 1), ports.get(2 * i + 1));
    }
  }

  @AfterEach
  void stopAll() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    processes.values().forEach(Command::close);
  }

  @Test
  void membersThatShowCertificatesAreAddedPromotedAndReplaced() throws Exception {
    KeytoolCertificates certificates = new KeytoolCertificates(directory);
    Path authority = certificates.authority("ca");
    Path strangers = certificates.authority("strangers");
    for (String name : List.of("n1", "n2", "n3", "n4")) {
      certificates.issue(name, "ca");
      connect(name, authority, certificates);
    }
    certificates.issue("stranger", "strangers");
    for (String name : List.of("n1", "n2")) {
      start(name, "new", List.of("n1", "n2"), flags(certificates, name, authority));
    }
    awaitServing("n1");
    awaitServing("n2");
    for (int i = 0; i < 50; i++) {
      put("n1", "k" + i);
    }

    Member added = add("n1", "n3", true);
    // Whom the authority knows nothing of does not get in as the member that is expected.
    start("n3", "existing", List.of("n1", "n2", "n3"), flags(certificates, "stranger", strangers));
    assertThat(process("n3").awaitEnd(PATIENCE)).isNotIn(0, EXPELLED);
    assertThat(process("n3").output()).contains("certificat");
    start("n3", "existing", List.of("n1", "n2", "n3"), flags(certificates, "n3", authority));
    awaitServing("n3");
    assertThat(status("n3").getIsLearner()).isTrue();
    assertThat(status("n3").getHeader().getMemberId()).isEqualTo(added.getID());
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(promote("n2", added.getID())).hasSize(3));

    // The leader is replaced, so that the others have to find another one.
    String old = status("n1").getLeader() == status("n1").getHeader().getMemberId() ? "n1" : "n2";
    String other = old.equals("n1") ? "n2" : "n1";
    remove(other, idOf(other, old));
    assertThat(process(old).awaitEnd(PATIENCE)).as(process(old).output()).isEqualTo(EXPELLED);
    add("n3", "n4", false);
    start("n4", "existing", List.of(other, "n3", "n4"), flags(certificates, "n4", authority));
    awaitServing("n4");
    put("n4", "k50");

    assertThat(count("n4")).isEqualTo(51);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(members(other))
                .extracting(Member::getName)
                .containsExactlyInAnyOrder(other, "n3", "n4"));
    assertThat(members("n4"))
        .allSatisfy(member -> {
          assertThat(member.getPeerURLs(0)).startsWith("https://");
          assertThat(member.getClientURLs(0)).startsWith("https://");
        });
    assertThatThrownBy(() ->
            cluster("n4")
                .memberAdd(MemberAddRequest.newBuilder().addPeerURLs("http://127.0.0.1:1").build()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("given member URLs are invalid");
  }

  private static String[] flags(KeytoolCertificates certificates, String name, Path authority)
      throws Exception {
    List<String> flags = new ArrayList<>();
    for (String prefix : List.of("", "peer-")) {
      flags.add("--%scert-file=%s".formatted(prefix, certificates.certificate(name)));
      flags.add("--%skey-file=%s".formatted(prefix, certificates.key(name)));
      flags.add("--%strusted-ca-file=%s".formatted(prefix, authority));
      flags.add("--%sclient-cert-auth".formatted(prefix));
    }
    return flags.toArray(String[]::new);
  }

  @Test
  void certificatesThatMembersMakeForThemselvesSecureThemAndAreUsedAgain() throws Exception {
    List<String> names = List.of("n1", "n2", "n3");
    for (String name : names) {
      start(name, "new", names, "--auto-tls", "--peer-auto-tls");
    }
    for (String name : names) {
      var unused = process(name).awaitLine("self-signed certificate made: for=clients", PATIENCE);
      connect(name, certificate(name, "client"), null);
    }
    names.forEach(this::awaitServing);
    put("n1", "k");
    assertThat(count("n3")).isOne();
    process("n1").awaitLine("whoever reaches https://127.0.0.1:" + peerPorts.get("n1"), PATIENCE);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(certificate("n1", "peer").resolveSibling("key.pem"))))
        .isEqualTo("rw-------");

    // Who trusts another member's certificate only, or speaks in the clear, is not served.
    assertThat(curl("https", certificate("n1", "client"))).isEqualTo("0 true");
    assertThat(curl("https", certificate("n2", "client"))).startsWith("60 ");
    assertThat(curl("http", certificate("n1", "client"))).matches("(52|56) .*");
    assertClosed(Objects.requireNonNull(peerPorts.get("n1")));

    byte[] before = Files.readAllBytes(certificate("n1", "client"));
    process("n1").close();
    start("n1", "new", names, "--auto-tls", "--peer-auto-tls");
    awaitServing("n1");
    process("n1").awaitLine("self-signed certificate: for=peers", PATIENCE);
    assertThat(Files.readAllBytes(certificate("n1", "client"))).isEqualTo(before);
  }

  private Path certificate(String name, String whom) {
    return directory.resolve(name).resolve("fixtures").resolve(whom).resolve("cert.pem");
  }

  /** The exit code of curl, which is everywhere, and what n1 says of its health. */
  private String curl(String scheme, Path trusted) throws Exception {
    Process curl =
        new ProcessBuilder(
                "curl",
                "-s",
                "--noproxy",
                "*",
                "--cacert",
                trusted.toString(),
                scheme + "://127.0.0.1:" + clientPorts.get("n1") + "/health")
            .start();
    String answer;
    try (InputStream output = curl.getInputStream()) {
      answer = new String(output.readAllBytes(), StandardCharsets.UTF_8);
    }
    return curl.waitFor() + (answer.contains("\"health\":\"true\"") ? " true" : " " + answer);
  }

  private static void assertClosed(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
      socket.getOutputStream().write("in the clear".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readAllBytes();
      // Perhaps an alert of TLS, and nothing else.
      assertThat(answer.length).isLessThan(10);
    } catch (SocketException reset) {
      // Closed, too.
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  // ---------------------------------------------------------------------------------------------

  private void start(String name, String state, List<String> cluster, String... more)
      throws IOException {
    String client = "https://127.0.0.1:" + clientPorts.get(name);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "server",
                "--name=" + name,
                "--data-dir=" + directory.resolve(name),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + url(name),
                "--initial-cluster="
                    + String.join(
                        ",", cluster.stream().map(other -> other + "=" + url(other)).toList()),
                "--initial-cluster-state=" + state));
    processes.put(
        name,
        new Command(Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new)));
  }

  private String url(String name) {
    return "https://127.0.0.1:" + peerPorts.get(name);
  }

  /** For requests to a member, with a certificate to show if there are some. */
  private void connect(String name, Path trusted, @Nullable KeytoolCertificates certificates)
      throws Exception {
    SslContextBuilder ssl = GrpcSslContexts.forClient().trustManager(trusted.toFile());
    if (certificates != null) {
      ssl.keyManager(certificates.certificate(name).toFile(), certificates.key(name).toFile());
    }
    channels.put(
        name,
        NettyChannelBuilder.forAddress("127.0.0.1", Objects.requireNonNull(clientPorts.get(name)))
            .sslContext(ssl.build())
            .directExecutor()
            .build());
  }

  private Command process(String name) {
    return Objects.requireNonNull(processes.get(name), name);
  }

  private ManagedChannel channel(String name) {
    return Objects.requireNonNull(channels.get(name), name);
  }

  private void awaitServing(String name) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(process(name).isAlive()).as(() -> process(name).output()).isTrue();
          try {
            count(name);
          } catch (StatusRuntimeException e) {
            channel(name).resetConnectBackoff();
            throw new AssertionError(process(name).output(), e);
          }
        });
  }

  private long count(String name) {
    return KVGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .range(
            RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .setRangeEnd(ByteString.copyFromUtf8("l"))
                .setCountOnly(true)
                .build())
        .getCount();
  }

  private void put(String name, String key) {
    var unused =
        KVGrpc.newBlockingStub(channel(name))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build());
  }

  private StatusResponse status(String name) {
    return MaintenanceGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  private ClusterGrpc.ClusterBlockingStub cluster(String name) {
    return ClusterGrpc.newBlockingStub(channel(name)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private List<Member> members(String name) {
    return cluster(name)
        .memberList(MemberListRequest.newBuilder().setLinearizable(true).build())
        .getMembersList();
  }

  private long idOf(String asked, String name) {
    return members(asked).stream()
        .filter(member -> member.getPeerURLsList().contains(url(name)))
        .findFirst()
        .orElseThrow()
        .getID();
  }

  private Member add(String asked, String name, boolean learner) {
    return cluster(asked)
        .memberAdd(
            MemberAddRequest.newBuilder().addPeerURLs(url(name)).setIsLearner(learner).build())
        .getMember();
  }

  private List<Member> promote(String asked, long id) {
    return cluster(asked)
        .memberPromote(MemberPromoteRequest.newBuilder().setID(id).build())
        .getMembersList();
  }

  private void remove(String asked, long id) {
    var unused = cluster(asked).memberRemove(MemberRemoveRequest.newBuilder().setID(id).build());
  }
}
