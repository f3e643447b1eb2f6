package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jangada.server.embedded.FreePorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server that is configured by a file and runs out of its quota, as its operator meets it. */
@Timeout(600)
class OperatorIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  private String endpoint = "";

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory
  OperatorIT() {}

  private record Output(int exitCode, String text) {}

  private Output etcdctl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("etcdctl", "--endpoints=" + endpoint));
    command.addAll(List.of("--command-timeout=60s", "--dial-timeout=60s"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return new Output(process.exitValue(), text);
  }

  private String succeed(String... arguments) throws IOException, InterruptedException {
    Output output = etcdctl(arguments);
    assertThat(output.exitCode()).as("%s: %s", List.of(arguments), output.text()).isZero();
    return output.text();
  }

  private static boolean hasEtcdctl() throws InterruptedException {
    try {
      return new ProcessBuilder("etcdctl", "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private Path configuration() throws IOException {
    List<Integer> ports = FreePorts.find(2);
    endpoint = "http://127.0.0.1:" + ports.get(0);
    return Files.writeString(
        directory.resolve("server.yml"),
        """
        name: only
        data-dir: %s
        listen-client-urls: %s
        listen-peer-urls: http://127.0.0.1:%d
        quota-backend-bytes: 8000000
        auto-compaction-retention: 1h
        log-format: json
        max-wals: 5
        """
            .formatted(directory.resolve("data"), endpoint, ports.get(1)));
  }

  @Test
  void fullServerSaysSoAndServesAgainOnceSpaceIsGivenBack() throws Exception {
    assumeTrue(hasEtcdctl(), "etcdctl is not installed (Debian: apt-get install etcd-client)");
    String value = "v".repeat(100_000);
    try (Command server =
        new Command("server", "--config-file", configuration().toString(), "--name", "ignored")) {
      server.awaitLine("\"msg\":\"serving: member=only .*\"member\":\"only\"", PATIENCE);
      assertThat(server.output())
          .contains("ignored: --name, because of --config-file")
          .contains("ignored: --max-wals has no effect");
      // Other lines are what the JVM itself has to say.
      assertThat(server.output().lines().filter(line -> line.startsWith("{")))
          .hasSizeGreaterThan(3)
          .allSatisfy(OperatorIT::assertJson);
      assertThat(server.output()).doesNotContain(" INFO ", " WARN ");

      Output refused = new Output(0, "");
      for (int i = 0; i < 200 && refused.exitCode() == 0; i++) {
        refused = etcdctl("put", "k" + i, value);
      }
      assertThat(refused.text()).contains("etcdserver: mvcc: database space exceeded");
      String alarms = succeed("alarm", "list");
      assertThat(alarms).matches("memberID:\\d+ alarm:NOSPACE \n");
      assertThat(etcdctl("endpoint", "health").text()).contains("is healthy");
      server.awaitLine("alarm raised: type=NOSPACE", PATIENCE);

      succeed("del", "--prefix", "");
      JsonNode status =
          JsonMapper.builder().build().readTree(succeed("endpoint", "status", "-w", "json"));
      String revision = status.get(0).get("Status").get("header").get("revision").asString();
      succeed("compaction", "--physical", revision);
      succeed("defrag");
      assertThat(succeed("alarm", "disarm")).isEqualTo(alarms);
      assertThat(succeed("alarm", "list")).isEmpty();

      assertThat(succeed("put", "k", value)).isEqualTo("OK\n");
    }
  }

  private static void assertJson(String line) {
    assertThat(JsonMapper.builder().build().readTree(line).get("level").asString()).isNotEmpty();
  }
}
