package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.cli.ctl.KeytoolCertificates;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.server.embedded.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command lines by which kubeadm starts etcd, and the probes of its static pod. */
@Timeout(300)
class KubeadmIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  private List<Integer> ports;
  private KeytoolCertificates certificates;
  private Path authority;

  @SuppressWarnings("NullAway.Init") // set before each test
  KubeadmIT() {}

  @BeforeEach
  void makeCertificates() throws Exception {
    ports = FreePorts.find(3);
    certificates = new KeytoolCertificates(directory);
    authority = certificates.authority("etcd-ca");
    for (String name : List.of("server", "peer", "healthcheck-client")) {
      certificates.issue(name, "etcd-ca");
    }
  }

  private String[] commandLine(String... ofTheVersion) throws Exception {
    String client = "https://127.0.0.1:" + ports.get(0);
    String peer = "https://127.0.0.1:" + ports.get(1);
    List<String> flags =
        new ArrayList<>(
            List.of(
                "server",
                "--advertise-client-urls=" + client,
                "--cert-file=" + certificates.certificate("server"),
                "--client-cert-auth=true",
                "--data-dir=" + directory.resolve("data"),
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=control-plane=" + peer,
                "--key-file=" + certificates.key("server"),
                "--listen-client-urls=" + client,
                "--listen-metrics-urls=http://127.0.0.1:" + ports.get(2),
                "--listen-peer-urls=" + peer,
                "--name=control-plane",
                "--peer-cert-file=" + certificates.certificate("peer"),
                "--peer-client-cert-auth=true",
                "--peer-key-file=" + certificates.key("peer"),
                "--peer-trusted-ca-file=" + authority,
                "--snapshot-count=10000",
                "--trusted-ca-file=" + authority));
    flags.addAll(List.of(ofTheVersion));
    return flags.toArray(String[]::new);
  }

  @Test
  void bothAreTakenAsTheyAreAndTheirProbesAnswered() throws Exception {
    try (Command older =
        new Command(
            commandLine(
                "--experimental-initial-corrupt-check=true",
                "--experimental-watch-progress-notify-interval=5s"))) {
      awaitReady(older);
      assertProbesAnswered();
      assertThat(older.output()).doesNotContain("ignored");
    }
    // The same data with the flags of etcd 3.6, and one that has slow requests told: all are.
    try (Command newer =
        new Command(
            commandLine(
                "--feature-gates=InitialCorruptCheck=true",
                "--watch-progress-notify-interval=5s",
                "--warning-unary-request-duration=1ns"))) {
      awaitReady(newer);
      assertProbesAnswered();
      assertThat(newer.output()).doesNotContain("ignored");
      put();
      newer.awaitLine(
          "slow request: method=etcdserverpb.KV/Put millis=\\d+ code=OK requestBytes=\\d+",
          PATIENCE);
    }
  }

  private void assertProbesAnswered() throws Exception {
    // Kubernetes before 1.31, and since.
    for (String probe :
        List.of(
            "/health?exclude=NOSPACE&serializable=true",
            "/health?serializable=false",
            "/livez",
            "/readyz")) {
      assertThat(get(probe).statusCode()).as(probe).isEqualTo(200);
    }
    assertThat(get("/metrics").body()).contains("\netcd_server_has_leader 1");
  }

  private void awaitReady(Command server) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(server.isAlive()).as(server::output).isTrue();
          try {
            assertThat(get("/readyz").statusCode()).isEqualTo(200);
          } catch (IOException e) {
            throw new AssertionError("nobody answers yet", e);
          }
        });
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.get(2) + path)).build(),
          BodyHandlers.ofString());
    }
  }

  private void put() throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", ports.get(0))
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(authority.toFile())
                    .keyManager(
                        certificates.certificate("healthcheck-client").toFile(),
                        certificates.key("healthcheck-client").toFile())
                    .build())
            .build();
    try {
      var unused =
          KVGrpc.newBlockingStub(channel)
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build());
    } finally {
      channel.shutdownNow();
    }
  }
}
