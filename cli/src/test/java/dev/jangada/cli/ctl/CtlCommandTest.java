package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.jangada.cli.ctl.CtlRunner.Result;
import dev.jangada.cli.ctl.CtlRunner.Running;
import dev.jangada.server.embedded.EmbeddedCluster;
import dev.jangada.server.embedded.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that go on for a while, and servers that do not answer. */
@Timeout(300)
class CtlCommandTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private EmbeddedCluster cluster;
  private CtlRunner ctl;

  @SuppressWarnings("NullAway.Init") // set before each test
  CtlCommandTest() {}

  @BeforeEach
  void start() {
    cluster =
        EmbeddedCluster.builder()
            .members(3)
            .settings(settings -> settings.electionTimeout(Duration.ofSeconds(1)))
            .start();
    ctl =
        new CtlRunner()
            .with("ETCDCTL_ENDPOINTS", cluster.connectString())
            .with("ETCDCTL_COMMAND_TIMEOUT", "60s");
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  /** A connection as a command would make it. */
  static Connection connect(String endpoint) {
    return new Connection(
        List.of(Endpoint.of(endpoint)),
        new Connection.Settings(
            Duration.ofSeconds(2),
            Duration.ofSeconds(20),
            Duration.ofSeconds(10),
            Duration.ofSeconds(6),
            new Tls(null, null, null, false, false),
            null));
  }

  private void put(String key, String value) {
    assertThat(ctl.run("put", key, value)).isEqualTo(new Result(0, "OK\n", ""));
  }

  @Test
  void watchGoesOnWhereItWasWhenItsServerIsGone() {
    put("w/0", "before");
    try (Running watch = ctl.start("watch", "--prefix", "w/", "--rev=1", "--prev-kv")) {
      watch.awaitOutput("PUT\nw/0\nbefore\n", PATIENCE);

      for (int i = 0; i < 3; i++) {
        cluster.stopMember(i);
        put("w/1", "round " + i);
        cluster.startMember(i);
      }

      watch.awaitOutput(
          """
          PUT
          w/0
          before
          PUT
          w/1
          round 0
          PUT
          w/1
          round 0
          w/1
          round 1
          PUT
          w/1
          round 1
          w/1
          round 2
          """,
          PATIENCE);
    }
  }

  @Test
  void watchOfForgottenHistoryEnds() {
    put("k", "1");
    put("k", "2");
    assertThat(ctl.run("compaction", "3")).isEqualTo(new Result(0, "compacted revision 3\n", ""));

    Result watch = ctl.run("watch", "k", "--rev=1");

    assertThat(watch.exitCode()).isEqualTo(5);
    assertThat(watch.err())
        .contains(
            "watch was canceled (etcdserver: mvcc: required revision has been compacted)",
            "Error: watch is canceled by the server");
  }

  @Test
  void interactiveWatchTakesSeveral() {
    put("a", "1");
    put("b", "2");

    Result watch =
        ctl.runWithInput("watch a --rev=1\nfoo\nwatch\nwatch 'b' --rev=1\n", "watch", "-i");

    assertThat(watch.exitCode()).isEqualTo(3);
    assertThat(watch.err())
        .contains(
            "Invalid command foo (only support watch and progress)",
            "Invalid command watch (bad number of arguments)");
  }

  @Test
  void lockIsHeldByOneAtATime() {
    Running first = ctl.start("lock", "l");
    first.awaitOutput("l/[0-9a-f]+\n\n", PATIENCE);
    try (Running second = ctl.start("lock", "l")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(ctl.run("get", "--prefix", "l/", "--count-only").out()).isEqualTo("2\n"));
      assertThat(second.output()).isEmpty();

      first.close();

      second.awaitOutput("l/[0-9a-f]+\n\n", PATIENCE);
      assertThat(ctl.run("get", "--prefix", "l/", "--count-only").out()).isEqualTo("1\n");
    }
    assertThat(ctl.run("lease", "list").out()).isEqualTo("found 0 leases\n");
  }

  @Test
  void lockIsLostWithItsLease() {
    try (Running lock = ctl.start("lock", "l")) {
      lock.awaitOutput("l/[0-9a-f]+\n\n", PATIENCE);
      String lease = lock.output().strip().substring("l/".length());

      assertThat(ctl.run("lease", "revoke", lease).exitCode()).isZero();

      assertThat(lock.awaitEnd(PATIENCE)).isEqualTo(1);
      assertThat(lock.errors()).contains("Error: session expired");
    }
  }

  @Test
  void electionIsObservedFromLeaderToLeader() {
    try (Running listener = ctl.start("elect", "e", "-l")) {
      Running first = ctl.start("elect", "e", "one");
      first.awaitOutput("e/[0-9a-f]+\none\n", PATIENCE);
      try (Running second = ctl.start("elect", "e", "two")) {
        await()
            .atMost(PATIENCE)
            .untilAsserted(() ->
                assertThat(ctl.run("get", "--prefix", "e/", "--count-only").out())
                    .isEqualTo("2\n"));
        first.close();
        second.awaitOutput("e/[0-9a-f]+\ntwo\n", PATIENCE);
      }
      listener.awaitOutput("e/[0-9a-f]+\none\ne/[0-9a-f]+\ntwo\n", PATIENCE);
    }
  }

  @Test
  void leaseIsKeptAliveAndItsEndIsTold() {
    String granted = ctl.run("lease", "grant", "12").out();
    assertThat(granted).matches("lease [0-9a-f]{16} granted with TTL\\(12s\\)\n");
    String lease = granted.split(" ", -1)[1];

    try (Running keepAlive = ctl.start("lease", "keep-alive", lease)) {
      String renewed = "lease %s keepalived with TTL\\(12\\)\n".formatted(lease);
      keepAlive.awaitOutput(renewed + renewed, PATIENCE);

      assertThat(ctl.run("lease", "revoke", lease).out())
          .isEqualTo("lease " + lease + " revoked\n");

      assertThat(keepAlive.awaitEnd(PATIENCE)).isZero();
      assertThat(keepAlive.output()).endsWith("lease " + lease + " expired or revoked.\n");
    }
  }

  @Test
  void requestGoesToWhicheverServerIsThere() {
    cluster.stopMember(0);

    put("k", "v");

    assertThat(ctl.run("get", "k").out()).isEqualTo("k\nv\n");
    Result health = ctl.run("endpoint", "health", "--command-timeout=30s");
    assertThat(health.exitCode()).isEqualTo(1);
    assertThat(health.err())
        .contains(
            cluster.endpoints().get(0) + " is unhealthy: failed to commit proposal: cannot reach",
            cluster.endpoints().get(1) + " is healthy: successfully committed proposal: took = ",
            "Error: unhealthy cluster");
  }

  @Test
  void unreachableServerIsNamedWithARemedy() throws Exception {
    String nobody = "127.0.0.1:" + FreePorts.find(1).get(0);

    Result get = new CtlRunner().run("get", "k", "--endpoints", nobody, "--dial-timeout=100ms");

    assertThat(get)
        .isEqualTo(
            new Result(
                1,
                "",
                "Error: cannot reach http://"
                    + nobody
                    + ": Connection refused; is a server running? ./jangada up starts three\n"));
  }

  @Test
  void valueIsReadFromStandardInputAsItIs() {
    assertThat(ctl.runWithInput("two\nlines\n", "put", "k").out()).isEqualTo("OK\n");

    assertThat(ctl.run("get", "k", "--print-value-only").out()).isEqualTo("two\nlines\n\n");
    assertThat(ctl.run("get", "k", "--hex").out())
        .isEqualTo("\\x6b\n\\x74\\x77\\x6f\\x0a\\x6c\\x69\\x6e\\x65\\x73\\x0a\n");
  }

  @Test
  void flagsCanStandBeforeAndAfterTheCommandAndInTheEnvironment() {
    put("k", "v");

    String fields = "(?s)\"ClusterID\" : \\d+\n.*\"Key\" : \"k\"\n.*\"Count\" : 1\n";
    assertThat(ctl.run("-w", "fields", "get", "k").out()).matches(fields);
    assertThat(ctl.run("get", "k", "-w=fields").out()).matches(fields);
    assertThat(ctl.with("ETCDCTL_WRITE_OUT", "fields").run("get", "k").out()).matches(fields);
    assertThat(ctl.run("get", "k", "-w", "simple").out()).isEqualTo("k\nv\n");
  }

  @Test
  void performanceIsMeasuredAndItsTracesAreDeleted() {
    Result check = ctl.run("check", "perf", "--seconds=1", "--prefix=perf/");

    // Whether it passes depends on the machine; that something was measured does not.
    assertThat(check.out())
        .matches(
            """
            (PASS: Throughput is|FAIL: Throughput too low:) [1-9]\\d* writes/s
            (PASS|FAIL): Slowest request took .*s
            (PASS|FAIL): Stddev .*s
            (PASS|FAIL)
            """);
    assertThat(check.exitCode()).isEqualTo(check.out().contains("FAIL") ? 1 : 0);
    assertThat(ctl.run("get", "--prefix", "perf/", "--count-only").out()).isEqualTo("0\n");
  }

  @Test
  void memoryOfDataIsMeasuredAndItsTracesAreDeleted() {
    Result check =
        ctl.run("check", "datascale", "--prefix=scale/", "--auto-compact", "--auto-defrag=true");

    assertThat(check.err()).isEmpty();
    assertThat(check.out())
        .matches(
            """
            Start data scale check for work load \\[10000 key-value pairs, 1024 bytes per key-value, 50 concurrent clients\\]\\.
            Compacting with revision (\\d+)
            Compacted with revision \\1
            Defragmenting "(.*)"
            Defragmented "\\2"
            PASS: Approximate system memory used : -?\\d+\\.\\d\\d MB\\.
            """);
    assertThat(ctl.run("get", "--prefix", "scale/", "--count-only").out()).isEqualTo("0\n");
  }

  @Test
  void keysThatThePerformanceCheckWouldDeleteAreSpared() {
    put("perf/mine", "v");

    Result check = ctl.run("check", "perf", "--prefix=perf/");

    assertThat(check.exitCode()).isEqualTo(3);
    assertThat(check.err()).contains("which would be deleted");
    assertThat(ctl.run("get", "perf/mine").out()).isEqualTo("perf/mine\nv\n");
  }

  @Test
  void savedCopyIsCompleteAndDescribed(@TempDir Path directory) {
    put("k", "v");
    String endpoint = cluster.endpoints().get(0).toString();
    String file = directory.resolve("copy").toString();

    assertThat(ctl.run("snapshot", "save", file, "--endpoints", endpoint).out())
        .isEqualTo("Snapshot saved at " + file + "\n");

    assertThat(ctl.run("snapshot", "status", file).out()).startsWith("whole: revision 2 ");
    assertThat(directory)
        .isDirectoryContaining("glob:**copy")
        .isDirectoryNotContaining("glob:**part");
  }
}
