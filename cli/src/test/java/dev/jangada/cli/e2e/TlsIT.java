package dev.jangada.cli.e2e;

import static dev.jangada.cli.e2e.MemberProcesses.EXPELLED;
import static dev.jangada.cli.e2e.MemberProcesses.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.jangada.cli.ctl.KeytoolCertificates;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberAddRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that talk to clients and to each other over TLS only. */
@Timeout(600)
class TlsIT {

  @TempDir private Path directory;

  private MemberProcesses members;

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory, and calls what sets the rest
  TlsIT() {}

  @BeforeEach
  void choosePorts() throws IOException {
    members = MemberProcesses.withTls(directory, 4);
  }

  @AfterEach
  void stopAll() {
    members.close();
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
      members.start(name, "new", List.of("n1", "n2"), flags(certificates, name, authority));
    }
    members.awaitServing("n1");
    members.awaitServing("n2");
    for (int i = 0; i < 50; i++) {
      members.put("n1", "k" + i);
    }

    Member added = members.add("n1", "n3", true);
    // Whom the authority knows nothing of does not get in as the member that is expected.
    members.start(
        "n3", "existing", List.of("n1", "n2", "n3"), flags(certificates, "stranger", strangers));
    assertThat(members.process("n3").awaitEnd(PATIENCE)).isNotIn(0, EXPELLED);
    assertThat(members.process("n3").output()).contains("certificat");
    members.start(
        "n3", "existing", List.of("n1", "n2", "n3"), flags(certificates, "n3", authority));
    members.awaitServing("n3");
    assertThat(members.status("n3").getIsLearner()).isTrue();
    assertThat(members.status("n3").getHeader().getMemberId()).isEqualTo(added.getID());
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(members.promote("n2", added.getID())).hasSize(3));

    // The leader is replaced, so that the others have to find another one.
    String old =
        members.status("n1").getLeader() == members.status("n1").getHeader().getMemberId()
            ? "n1"
            : "n2";
    String other = old.equals("n1") ? "n2" : "n1";
    members.remove(other, members.idOf(other, old));
    assertThat(members.process(old).awaitEnd(PATIENCE))
        .as(members.process(old).output())
        .isEqualTo(EXPELLED);
    members.add("n3", "n4", false);
    members.start(
        "n4", "existing", List.of(other, "n3", "n4"), flags(certificates, "n4", authority));
    members.awaitServing("n4");
    members.put("n4", "k50");

    assertThat(members.count("n4")).isEqualTo(51);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(members.list(other))
                .extracting(Member::getName)
                .containsExactlyInAnyOrder(other, "n3", "n4"));
    assertThat(members.list("n4"))
        .allSatisfy(member -> {
          assertThat(member.getPeerURLs(0)).startsWith("https://");
          assertThat(member.getClientURLs(0)).startsWith("https://");
        });
    assertThatThrownBy(() ->
            members
                .cluster("n4")
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
      members.start(name, "new", names, "--auto-tls", "--peer-auto-tls");
    }
    for (String name : names) {
      var unused =
          members.process(name).awaitLine("self-signed certificate made: for=clients", PATIENCE);
      connect(name, certificate(name, "client"), null);
    }
    names.forEach(members::awaitServing);
    members.put("n1", "k");
    assertThat(members.count("n3")).isOne();
    members
        .process("n1")
        .awaitLine("whoever reaches https://127.0.0.1:" + members.peerPort("n1"), PATIENCE);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(certificate("n1", "peer").resolveSibling("key.pem"))))
        .isEqualTo("rw-------");

    // Who trusts another member's certificate only, or speaks in the clear, is not served.
    assertThat(curl("https", certificate("n1", "client"))).isEqualTo("0 true");
    assertThat(curl("https", certificate("n2", "client"))).startsWith("60 ");
    assertThat(curl("http", certificate("n1", "client"))).matches("(52|56) .*");
    assertClosed(members.peerPort("n1"));

    byte[] before = Files.readAllBytes(certificate("n1", "client"));
    members.process("n1").close();
    members.start("n1", "new", names, "--auto-tls", "--peer-auto-tls");
    members.awaitServing("n1");
    members.process("n1").awaitLine("self-signed certificate: for=peers", PATIENCE);
    assertThat(Files.readAllBytes(certificate("n1", "client"))).isEqualTo(before);
  }

  private Path certificate(String name, String whom) {
    return members.data(name).resolve("fixtures").resolve(whom).resolve("cert.pem");
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
                scheme + "://127.0.0.1:" + members.clientPort("n1") + "/health")
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

  /** For requests to a member, with a certificate to show if there are some. */
  private void connect(String name, Path trusted, @Nullable KeytoolCertificates certificates)
      throws Exception {
    SslContextBuilder ssl = GrpcSslContexts.forClient().trustManager(trusted.toFile());
    if (certificates != null) {
      ssl.keyManager(certificates.certificate(name).toFile(), certificates.key(name).toFile());
    }
    members.connect(name, ssl.build());
  }
}
