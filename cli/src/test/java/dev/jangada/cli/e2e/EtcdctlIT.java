package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jangada.cli.cluster.ClusterLayout;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeLauncher;
import dev.jangada.server.BackupRestore;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** etcd's own command against a cluster; what it prints is what it prints against etcd. */
@Timeout(120)
class EtcdctlIT {

  @TempDir private static Path directory;

  private static LocalCluster cluster;

  @SuppressWarnings("NullAway.Init") // set before all tests
  EtcdctlIT() {}

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(isInstalled(), "etcdctl is not installed (Debian: apt-get install etcd-client)");
    cluster =
        LocalCluster.start(
            ClusterLayout.onFreePorts(3, directory.resolve("data")),
            NodeLauncher.withClassPath(System.getProperty("jangada.classpath", "")),
            List.of(),
            exit -> {});
    cluster.awaitServing(Duration.ofSeconds(60), System.out::println);
  }

  @AfterAll
  static void stop() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static boolean isInstalled() throws InterruptedException {
    try {
      Process process = new ProcessBuilder("etcdctl", "version").start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void putGetAndDelete() throws Exception {
    assertThat(etcdctl("put", "a/1", "one")).isEqualTo("OK\n");
    assertThat(etcdctl("put", "a/2", "two")).isEqualTo("OK\n");
    assertThat(etcdctl("put", "b", "other")).isEqualTo("OK\n");

    assertThat(etcdctl("get", "a/1")).isEqualTo("a/1\none\n");
    assertThat(etcdctl("get", "--prefix", "a/")).isEqualTo("a/1\none\na/2\ntwo\n");
    assertThat(etcdctl("get", "--prefix", "--keys-only", "--order=DESCEND", "a/"))
        .isEqualTo("a/2\n\na/1\n\n");
    assertThat(etcdctl("get", "--print-value-only", "--consistency=s", "b")).endsWith("other\n");

    assertThat(etcdctl("del", "--prefix", "a/")).isEqualTo("2\n");
    assertThat(etcdctl("del", "a/1")).isEqualTo("0\n");
    assertThat(etcdctl("get", "--prefix", "a/")).isEmpty();
    assertThat(etcdctl("get", "b")).isEqualTo("b\nother\n");
  }

  @Test
  void transactionTakesTheBranchThatItsComparisonsChoose() throws Exception {
    assertThat(etcdctl("put", "t", "before")).isEqualTo("OK\n");
    String swap =
        """
        value("t") = "before"

        put t after
        get t

        get t

        """;

    assertThat(etcdctlWithInput(swap, "txn")).isEqualTo("SUCCESS\n\nOK\n\nt\nafter\n");
    assertThat(etcdctlWithInput(swap, "txn")).isEqualTo("FAILURE\n\nt\nafter\n");
  }

  @Test
  void endpointStatusNamesOneLeader() throws Exception {
    String table = etcdctl("endpoint", "status", "-w", "table");

    assertThat(table).contains("ENDPOINT", "DB SIZE", "RAFT APPLIED INDEX");
    List<String> rows = table.lines().filter(line -> line.contains("127.0.0.1:")).toList();
    assertThat(rows).hasSize(3);
    for (int node = 0; node < 3; node++) {
      assertThat(rows.get(node)).contains(cluster.layout().endpoint(node));
    }
    int leaderColumn = 5;
    assertThat(rows.stream().map(row -> row.split("\\|", -1)[leaderColumn].strip()))
        .containsExactlyInAnyOrder("true", "false", "false");
  }

  @Test
  void everyEndpointIsHealthy() throws Exception {
    String health = etcdctl("endpoint", "health");

    for (int node = 0; node < 3; node++) {
      assertThat(health).contains(cluster.layout().endpoint(node) + " is healthy");
    }
    assertThat(health).doesNotContain("unhealthy");
  }

  @Test
  void memberListHasAllMembersWithTheirAddresses() throws Exception {
    ClusterLayout layout = cluster.layout();
    String[] expected = new String[layout.nodes()];
    for (int node = 0; node < expected.length; node++) {
      expected[node] =
          "started, %s, http://127.0.0.1:%d, http://%s, false"
              .formatted(layout.name(node), layout.peerPorts().get(node), layout.endpoint(node));
    }

    // A member tells the others its client address once it serves: soon, but not at once.
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(etcdctl("member", "list").lines())
                .allMatch(line -> line.matches("[0-9a-f]{1,16}, started, .*"))
                .map(line -> line.substring(line.indexOf(' ') + 1))
                .containsExactlyInAnyOrder(expected));
  }

  /** It refuses what does not end with a checksum where it expects one. */
  @Test
  void backupIsSavedAndIsWhole() throws Exception {
    etcdctl("put", "backed-up", "1");
    Path backup = directory.resolve("backup");

    etcdctlAt(cluster.layout().endpoint(0), "", "snapshot", "save", backup.toString());

    assertThat(BackupRestore.verify(backup)).contains("revision ");
  }

  @Test
  void leaseIsGrantedKeptAliveListedAndRevoked() throws Exception {
    String granted = etcdctl("lease", "grant", "60");
    assertThat(granted).matches("lease [0-9a-f]{16} granted with TTL\\(60s\\)\n");
    String id = granted.split(" ", 3)[1];
    assertThat(etcdctl("put", "leased", "v", "--lease=" + id)).isEqualTo("OK\n");

    assertThat(etcdctl("lease", "timetolive", id, "--keys"))
        .matches(
            "lease %s granted with TTL\\(60s\\), remaining\\(\\d+s\\), attached keys\\(\\[leased]\\)\n"
                .formatted(id));
    assertThat(etcdctl("lease", "list")).contains(id);
    assertThat(etcdctl("lease", "keep-alive", "--once", id))
        .isEqualTo("lease " + id + " keepalived with TTL(60)\n");
    assertThat(etcdctl("lease", "revoke", id)).isEqualTo("lease " + id + " revoked\n");
    assertThat(etcdctl("get", "leased")).isEmpty();
    assertThat(etcdctl("lease", "timetolive", id)).isEqualTo("lease " + id + " already expired\n");
  }

  @Test
  void lockRunsACommandAndIsGivenUpAfterIt() throws Exception {
    assertThat(etcdctl("lock", "guard", "echo", "mine")).isEqualTo("mine\n");
    assertThat(etcdctl("get", "--prefix", "guard")).isEmpty();
  }

  @Test
  void electedCandidateIsSeenByListenersAndSucceededWhenItEnds() throws Exception {
    Process first = etcdctlProcess("elect", "chief", "first");
    Process second = null;
    Process listener = null;
    try (BufferedReader elected = first.inputReader()) {
      assertThat(elected.readLine()).startsWith("chief/");
      assertThat(elected.readLine()).isEqualTo("first");
      listener = etcdctlProcess("elect", "-l", "chief");
      BufferedReader heard = listener.inputReader();
      assertThat(heard.readLine()).startsWith("chief/");
      assertThat(heard.readLine()).isEqualTo("first");
      second = etcdctlProcess("elect", "chief", "second");

      first.destroy();

      assertThat(heard.readLine()).startsWith("chief/");
      assertThat(heard.readLine()).isEqualTo("second");
      assertThat(second.inputReader().readLine()).startsWith("chief/");
    } finally {
      first.destroy();
      for (Process process : new Process[] {second, listener}) {
        if (process != null) {
          process.destroy();
        }
      }
    }
  }

  private static Process etcdctlProcess(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add("etcdctl");
    command.add("--endpoints=" + cluster.layout().endpoints());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("ETCDCTL_API", "3");
    return builder.start();
  }

  private static String etcdctl(String... arguments) throws Exception {
    return etcdctlWithInput("", arguments);
  }

  private static String etcdctlWithInput(String input, String... arguments) throws Exception {
    return etcdctlAt(cluster.layout().endpoints(), input, arguments);
  }

  /** What it printed, to either stream; its exit code must be 0. */
  private static String etcdctlAt(String endpoints, String input, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add("etcdctl");
    command.add("--endpoints=" + endpoints);
    command.add("--command-timeout=30s");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.start();
    try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
      stdin.write(input);
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("%s: %s", command, output).isZero();
    return output;
  }
}
