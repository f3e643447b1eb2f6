package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.cli.ctl.CtlRunner.Result;
import dev.jangada.server.JangadaServer;
import dev.jangada.server.ServerConfig;
import dev.jangada.server.embedded.FreePorts;
import dev.jangada.server.tls.TlsFiles;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands over TLS, to a server that wants certificates of its clients. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class CtlTlsTest {

  private KeytoolCertificates certificates;
  private Path authority;
  private Path strangers;
  private JangadaServer server;
  private int port;

  @SuppressWarnings("NullAway.Init") // set before all tests
  CtlTlsTest() {}

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    certificates = new KeytoolCertificates(directory);
    authority = certificates.authority("ca");
    strangers = certificates.authority("strangers");
    certificates.issue("server", "ca");
    certificates.issue("client", "ca");
    certificates.issue("stranger", "strangers");
    certificates.issue("expired", "ca", "-startdate", "-3d", "-validity", "1");
    List<Integer> ports = FreePorts.find(2);
    port = ports.get(0);
    List<URI> peerUrls = List.of(URI.create("http://127.0.0.1:" + ports.get(1)));
    server =
        JangadaServer.start(
            ServerConfig.builder()
                .name("n1")
                .dataDirectory(directory.resolve("n1"))
                .listenClientUrls(List.of(URI.create("https://127.0.0.1:" + port)))
                .listenPeerUrls(peerUrls)
                .initialCluster(Map.of("n1", peerUrls))
                .clientTls(
                    new TlsFiles(
                        certificates.certificate("server"),
                        certificates.key("server"),
                        authority,
                        true))
                .build());
    server.whenReady().get(60, TimeUnit.SECONDS);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private CtlRunner ctl(Path trusted) {
    return new CtlRunner()
        .with("ETCDCTL_ENDPOINTS", "https://127.0.0.1:" + port)
        .with("ETCDCTL_COMMAND_TIMEOUT", "60s")
        .with("ETCDCTL_DIAL_TIMEOUT", "2s")
        .with("ETCDCTL_CACERT", trusted.toString());
  }

  private CtlRunner ctl(String name) throws Exception {
    return ctl(authority)
        .with("ETCDCTL_CERT", certificates.certificate(name).toString())
        .with("ETCDCTL_KEY", certificates.key(name).toString());
  }

  @Test
  void commandsWorkWithTheCertificatesThatFlagsOrVariablesName() throws Exception {
    assertThat(ctl("client").run("put", "k", "v")).isEqualTo(new Result(0, "OK\n", ""));
    Result flags =
        new CtlRunner()
            .run(
                "--endpoints",
                "https://localhost:" + port,
                "--cacert",
                authority.toString(),
                "--cert",
                certificates.certificate("client").toString(),
                "--key",
                certificates.key("client").toString(),
                "get",
                "k");
    assertThat(flags).isEqualTo(new Result(0, "k\nv\n", ""));
  }

  /** As openssl and the tools around etcd have written it for a long time. */
  @Test
  void keyInAnOlderFormIsTaken(@TempDir Path directory) throws Exception {
    String pem = Files.readString(certificates.key("client"));
    byte[] pkcs8 =
        Base64.getMimeDecoder().decode(pem.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", ""));
    ECPrivateKey key =
        (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    String secret = "%064x".formatted(key.getS());
    // SEQUENCE { INTEGER 1, OCTET STRING secret, [0] { OID secp256r1 } }
    byte[] sec1 = HexFormat.of().parseHex("30310201010420" + secret + "a00a06082a8648ce3d030107");
    Path older =
        Files.writeString(
            directory.resolve("older.key"),
            "-----BEGIN EC PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(sec1)
                + "\n-----END EC PRIVATE KEY-----\n");

    assertThat(
            ctl(authority)
                .with("ETCDCTL_CERT", certificates.certificate("client").toString())
                .with("ETCDCTL_KEY", older.toString())
                .run("put", "older", "form"))
        .isEqualTo(new Result(0, "OK\n", ""));
  }

  @Test
  void memoryIsReadOverTlsToo() throws Exception {
    Result check =
        ctl(authority)
            .with("ETCDCTL_CERT", certificates.certificate("client").toString())
            .with("ETCDCTL_KEY", certificates.key("client").toString())
            .run("check", "datascale");

    assertThat(check.out()).contains("PASS: Approximate system memory used : ");
  }

  /** The command knows why, since it is the one that refuses. */
  @Test
  void serverOfAnotherAuthorityIsRefusedWithTheReason() throws Exception {
    Result result =
        ctl(strangers)
            .with("ETCDCTL_CERT", certificates.certificate("client").toString())
            .with("ETCDCTL_KEY", certificates.key("client").toString())
            .run("get", "k");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("unable to find valid certification path", "--cacert names the authority");
  }

  @Test
  void clientWithoutTheRightCertificateIsLetInNowhere() throws Exception {
    for (CtlRunner refused : List.of(ctl(authority), ctl("stranger"), ctl("expired"))) {
      Result result = refused.with("ETCDCTL_COMMAND_TIMEOUT", "5s").run("get", "k");

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out()).isEmpty();
      assertThat(result.err())
          .contains("cannot reach https://127.0.0.1:" + port + ": (certificate_");
    }
  }

  @Test
  void plainTextToAPortOfTlsFailsAndTheRemedyIsNamed() {
    Result result =
        new CtlRunner()
            .with("ETCDCTL_ENDPOINTS", "http://127.0.0.1:" + port)
            .with("ETCDCTL_COMMAND_TIMEOUT", "5s")
            .with("ETCDCTL_DIAL_TIMEOUT", "2s")
            .run("get", "k");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains(
            "cannot reach http://127.0.0.1:" + port, "if the server speaks TLS, use https://");
  }

  @Test
  void certificateWithoutItsKeyOrOneThatCannotBeReadIsAWrongArgument() throws Exception {
    Result withoutKey =
        ctl(authority)
            .with("ETCDCTL_CERT", certificates.certificate("client").toString())
            .run("get", "k");
    assertThat(withoutKey.exitCode()).isEqualTo(128);
    assertThat(withoutKey.err()).contains("--cert and --key are to be given together");

    Result unreadable = ctl(authority.resolveSibling("nowhere.pem")).run("get", "k");
    assertThat(unreadable.exitCode()).isEqualTo(128);
    assertThat(unreadable.err()).contains("--cacert: cannot read ");
  }
}
