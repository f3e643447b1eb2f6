package dev.jangada.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** etcd's own command, version 3.4: each of its commands that asks a server something. */
@Timeout(300)
class EtcdctlTest {

  private static final int SHA_256_BYTES = 32;

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  @TempDir private Path directory;

  private final List<Process> processes = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // set before each test
  EtcdctlTest() {}

  @BeforeAll
  static void needsEtcdctl() throws InterruptedException {
    boolean installed;
    try {
      installed = new ProcessBuilder("etcdctl", "version").start().waitFor() == 0;
    } catch (IOException e) {
      installed = false;
    }
    assumeTrue(installed, "etcdctl is not installed (Debian: etcd-client)");
  }

  @AfterEach
  void endProcesses() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void putGetAndDel() throws Exception {
    assertThat(etcdctl("put", key("a/1"), "one")).isEqualTo("OK\n");
    assertThat(etcdctl("put", key("a/2"), "two")).isEqualTo("OK\n");
    assertThat(etcdctl("put", key("b"), "other")).isEqualTo("OK\n");
    assertThat(etcdctl("put", key("b"), "another", "--prev-kv"))
        .isEqualTo("OK\n" + key("b") + "\nother\n");

    assertThat(etcdctl("get", key("a/1"))).isEqualTo(key("a/1") + "\none\n");
    assertThat(etcdctl("get", "--prefix", key("a/"), "--print-value-only")).isEqualTo("one\ntwo\n");
    assertThat(etcdctl("get", "--prefix", "--keys-only", "--order=DESCEND", key("a/")))
        .isEqualTo(key("a/2") + "\n\n" + key("a/1") + "\n\n");
    assertThat(etcdctl("get", "--prefix", "--limit=1", key("a/"), "--print-value-only"))
        .isEqualTo("one\n");
    assertThat(etcdctl("get", "--print-value-only", "--consistency=l", key("b")))
        .isEqualTo("another\n");

    assertThat(etcdctl("del", "--prefix", key("a/"))).isEqualTo("2\n");
    assertThat(etcdctl("del", key("a/1"))).isEqualTo("0\n");
    assertThat(etcdctl("del", key("b"), "--prev-kv")).isEqualTo("1\n" + key("b") + "\nanother\n");
    assertThat(etcdctl("get", "--prefix", key(""))).isEmpty();
  }

  @Test
  void getOfAPastRevisionAndCompaction() throws Exception {
    etcdctl("put", key("a"), "old");
    String revision = revisionOf("a");
    etcdctl("put", key("a"), "new");

    assertThat(etcdctl("get", key("a"), "--rev=" + revision, "--print-value-only"))
        .isEqualTo("old\n");
    String next = Long.toString(Long.parseLong(revision) + 1);
    assertThat(etcdctl("compaction", next)).isEqualTo("compacted revision " + next + "\n");
    assertThat(refused("get", key("a"), "--rev=" + revision))
        .contains("etcdserver: mvcc: required revision has been compacted");
    assertThat(refused("compaction", revision))
        .contains("etcdserver: mvcc: required revision has been compacted");
  }

  @Test
  void txnTakesTheBranchThatItsComparisonsChoose() throws Exception {
    etcdctl("put", key("t"), "before");
    String swap =
        """
        value("KEY") = "before"

        put KEY after
        get KEY

        get KEY

        """
            .replace("KEY", key("t"));

    assertThat(etcdctlWithInput(swap, "txn"))
        .isEqualTo("SUCCESS\n\nOK\n\n%s\nafter\n".formatted(key("t")));
    assertThat(etcdctlWithInput(swap, "txn"))
        .isEqualTo("FAILURE\n\n%s\nafter\n".formatted(key("t")));
  }

  @Test
  void watchPrintsEachEventAndRunsACommand() throws Exception {
    etcdctl("put", key("a"), "1");
    String revision = revisionOf("a");
    BufferedReader events =
        start("watch", "--prefix", key(""), "--rev=" + revision, "--prev-kv").inputReader();
    BufferedReader command =
        start(
                "watch",
                key("b"),
                "--rev=" + revision,
                "--",
                "sh",
                "-c",
                "echo \"ran $ETCD_WATCH_EVENT_TYPE\"")
            .inputReader();
    etcdctl("put", key("a"), "2");
    etcdctl("del", key("a"));
    etcdctl("put", key("b"), "3");

    assertThat(lines(events, 3)).containsExactly("PUT", key("a"), "1");
    assertThat(lines(events, 5)).containsExactly("PUT", key("a"), "1", key("a"), "2");
    assertThat(lines(events, 4)).containsExactly("DELETE", key("a"), "2", key("a"));
    assertThat(lines(command, 4)).containsExactly("PUT", key("b"), "3", "ran \"PUT\"");
  }

  @Test
  void leaseIsGrantedKeptAliveListedAndRevoked() throws Exception {
    String granted = etcdctl("lease", "grant", "600");
    assertThat(granted).matches("lease [0-9a-f]{16} granted with TTL\\(600s\\)\n");
    String id = granted.split(" ", 3)[1];
    assertThat(etcdctl("put", key("leased"), "v", "--lease=" + id)).isEqualTo("OK\n");

    assertThat(etcdctl("lease", "timetolive", id, "--keys"))
        .matches(
            "lease %s granted with TTL\\(600s\\), remaining\\(\\d+s\\), attached keys\\(\\[%s]\\)\n"
                .formatted(id, key("leased")));
    assertThat(etcdctl("lease", "list")).contains(id);
    assertThat(etcdctl("lease", "keep-alive", "--once", id))
        .isEqualTo("lease " + id + " keepalived with TTL(600)\n");
    assertThat(etcdctl("lease", "revoke", id)).isEqualTo("lease " + id + " revoked\n");
    assertThat(etcdctl("get", key("leased"))).isEmpty();
    assertThat(etcdctl("lease", "timetolive", id)).isEqualTo("lease " + id + " already expired\n");
    assertThat(refused("lease", "revoke", id)).contains("requested lease not found");
  }

  @Test
  void leaseKeepAliveKeepsOn() throws Exception {
    String id = etcdctl("lease", "grant", "6").split(" ", 3)[1];

    BufferedReader kept = start("lease", "keep-alive", id).inputReader();

    // A third of the time passes between two of them.
    for (int i = 0; i < 5; i++) {
      assertThat(kept.readLine()).isEqualTo("lease " + id + " keepalived with TTL(6)");
    }
  }

  @Test
  void lockRunsACommandAndIsGivenUpAfterIt() throws Exception {
    assertThat(etcdctl("lock", key("guard"), "echo", "mine")).isEqualTo("mine\n");
    assertThat(etcdctl("get", "--prefix", key("guard"))).isEmpty();
  }

  @Test
  void lockWaitsForItsHolder() throws Exception {
    Process first = start("lock", key("guard"));
    assertThat(first.inputReader().readLine()).startsWith(key("guard/"));
    Process second = start("lock", key("guard"), "echo", "after");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> etcdctl("get", "--prefix", "--keys-only", key("guard/")).lines().count() == 4);
    assertThat(second.isAlive()).isTrue();

    first.destroy();

    assertThat(second.inputReader().readLine()).isEqualTo("after");
  }

  @Test
  void electedCandidateIsSeenByListenersAndSucceededWhenItEnds() throws Exception {
    Process first = start("elect", key("chief"), "first");
    assertThat(first.inputReader().readLine()).startsWith(key("chief/"));
    BufferedReader heard = start("elect", "-l", key("chief")).inputReader();
    assertThat(lines(heard, 2)).last().isEqualTo("first");
    Process second = start("elect", key("chief"), "second");

    first.destroy();

    assertThat(lines(heard, 2)).last().isEqualTo("second");
    assertThat(second.inputReader().readLine()).startsWith(key("chief/"));
  }

  @Test
  void endpointStatusNamesOneLeader() throws Exception {
    String table = etcdctl("endpoint", "status", "-w", "table");

    assertThat(table).contains("ENDPOINT", "DB SIZE", "RAFT APPLIED INDEX");
    List<String> rows = table.lines().filter(line -> line.contains("127.0.0.1:")).toList();
    assertThat(rows).hasSameSizeAs(etcd.endpoints());
    int leaderColumn = 5;
    assertThat(rows.stream().map(row -> row.split("\\|", -1)[leaderColumn].strip()))
        .containsOnlyOnce("true");
    assertThat(etcdctl("endpoint", "status", "--cluster").lines()).hasSameSizeAs(rows);
  }

  @Test
  void endpointHealthIsGoodEverywhere() throws Exception {
    String health = etcdctl("endpoint", "health");

    for (String endpoint : etcd.endpointList().split(",", -1)) {
      assertThat(health).contains(endpoint + " is healthy");
    }
    assertThat(health).doesNotContain("unhealthy");
  }

  @Test
  void endpointHashkvIsTheSameEverywhere() throws Exception {
    etcdctl("put", key("a"), "1");
    String revision = revisionOf("a");
    for (String endpoint : etcd.endpointList().split(",", -1)) {
      // So that this member has the revision.
      etcdctlAt(endpoint, "get", key("a"));
    }

    List<String> lines = etcdctl("endpoint", "hashkv", "--rev=" + revision).lines().toList();

    assertThat(lines).hasSameSizeAs(etcd.endpoints());
    assertThat(lines.stream().map(line -> line.split(", ", -1)[1]).distinct()).hasSize(1);
  }

  @Test
  void memberListHasAllMembersWithTheirAddresses() throws Exception {
    List<String> members = etcdctl("member", "list").lines().toList();

    assertThat(members).hasSameSizeAs(etcd.endpoints());
    assertThat(members)
        .allMatch(
            line -> line.matches("[0-9a-f]{1,16}, started, \\w+, http://\\S+, http://\\S+, false"));
  }

  @Test
  void moveLeaderMovesIt() throws Exception {
    List<String> rows = statuses();
    String leader = rows.stream().filter(row -> row.contains(", true, ")).findFirst().orElseThrow();
    String follower = rows.stream().filter(row -> !row.equals(leader)).findFirst().orElseThrow();

    assertThat(etcdctl("move-leader", follower.split(", ", -1)[1]))
        .isEqualTo(
            "Leadership transferred from %s to %s\n"
                .formatted(leader.split(", ", -1)[1], follower.split(", ", -1)[1]));

    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            statuses().stream()
                .anyMatch(row ->
                    row.startsWith(follower.split(", ", -1)[0] + ",") && row.contains(", true, ")));
  }

  private static List<String> statuses() throws Exception {
    return etcdctl("endpoint", "status").lines().toList();
  }

  @Test
  void alarmIsListedAndDisarmed() throws Exception {
    assertThat(etcdctl("alarm", "list")).isEmpty();
    String alarm = "memberID:" + Long.toUnsignedString(etcd.raiseAlarm()) + " alarm:NOSPACE";
    try {
      assertThat(etcdctl("alarm", "list").strip()).isEqualTo(alarm);
    } finally {
      assertThat(etcdctl("alarm", "disarm").strip()).isEqualTo(alarm);
    }
    assertThat(etcdctl("alarm", "list")).isEmpty();
  }

  @Test
  void defragIsAnswered() throws Exception {
    assertThat(etcdctl("defrag").lines())
        .hasSameSizeAs(etcd.endpoints())
        .allMatch(line -> line.startsWith("Finished defragmenting etcd member["));
  }

  /** etcdctl refuses what does not end with a checksum where it expects one. */
  @Test
  void snapshotSaveWritesAWholeBackup() throws Exception {
    etcdctl("put", key("a"), "1");
    Path backup = directory.resolve("backup");

    assertThat(etcdctlAt(firstEndpoint(), "snapshot", "save", backup.toString()))
        .contains("Snapshot saved at " + backup);

    byte[] whole = Files.readAllBytes(backup);
    int end = whole.length - SHA_256_BYTES;
    assertThat(MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(whole, end)))
        .isEqualTo(Arrays.copyOfRange(whole, end, whole.length));
  }

  @Test
  void makeMirrorCopiesAPrefixAndWhatChanges() throws Exception {
    etcdctl("put", key("from/a"), "1");
    start(
        "make-mirror",
        "--prefix=" + key("from/"),
        "--dest-prefix=" + key("to/"),
        "--dest-insecure-transport=true",
        firstEndpoint());
    awaitValue(key("to/a"), "1");

    etcdctl("put", key("from/b"), "2");
    awaitValue(key("to/b"), "2");
    etcdctl("del", key("from/a"));
    awaitValue(key("to/a"), "");
  }

  private static void awaitValue(String key, String value) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> etcdctl("get", key, "--print-value-only").strip().equals(value));
  }

  @Test
  void usersAndRolesAreManaged() throws Exception {
    try {
      assertThat(etcdctl("user", "add", "u:pw")).isEqualTo("User u created\n");
      assertThat(etcdctl("role", "add", "r")).isEqualTo("Role r created\n");
      assertThat(etcdctl("role", "grant-permission", "r", "readwrite", key("a")))
          .isEqualTo("Role r updated\n");
      assertThat(etcdctl("role", "get", "r"))
          .isEqualTo("Role r\nKV Read:\n\t%1$s\nKV Write:\n\t%1$s\n".formatted(key("a")));
      assertThat(etcdctl("user", "grant-role", "u", "r"))
          .isEqualTo("Role r is granted to user u\n");
      assertThat(etcdctl("user", "get", "u")).isEqualTo("User: u\nRoles: r\n");
      assertThat(etcdctl("user", "list")).isEqualTo("u\n");
      assertThat(etcdctl("role", "list")).isEqualTo("r\n");
      assertThat(etcdctlWithInput("new\n", "user", "passwd", "u", "--interactive=false"))
          .isEqualTo("Password updated\n");
      assertThat(refused("user", "add", "u:pw")).contains("user name already exists");
      assertThat(etcdctl("user", "revoke-role", "u", "r"))
          .isEqualTo("Role r is revoked from user u\n");
      assertThat(etcdctl("role", "revoke-permission", "r", key("a")))
          .isEqualTo("Permission of key " + key("a") + " is revoked from role r\n");
    } finally {
      etcdctl("user", "delete", "u");
      etcdctl("role", "delete", "r");
    }
    assertThat(refused("role", "get", "r")).contains("role name not found");
  }

  @Test
  void authIsEnabledAndDisabled() throws Exception {
    etcdctl("user", "add", "root:pw");
    etcdctl("role", "add", "root");
    etcdctl("user", "grant-role", "root", "root");
    try {
      assertThat(etcdctl("auth", "enable")).isEqualTo("Authentication Enabled\n");
      assertThat(refused("put", key("a"), "1")).contains("etcdserver: user name is empty");
      assertThat(refused("--user=root:wrong", "put", key("a"), "1"))
          .contains("authentication failed, invalid user ID or password");
      assertThat(etcdctl("--user=root:pw", "put", key("a"), "1")).isEqualTo("OK\n");
    } finally {
      assertThat(etcdctl("--user=root:pw", "auth", "disable"))
          .isEqualTo("Authentication Disabled\n");
      etcdctl("user", "delete", "root");
      etcdctl("role", "delete", "root");
    }
    assertThat(etcdctl("get", key("a"), "--print-value-only")).isEqualTo("1\n");
  }

  @Test
  @EnabledIfSystemProperty(
      named = "conformance.slow",
      matches = "true",
      disabledReason = "run with -Dconformance.slow=true only: takes a minute")
  void checkPerfPasses() throws Exception {
    assertThat(etcdctl("check", "perf")).contains("PASS: Throughput is", "PASS");
  }

  @Test
  @EnabledIfSystemProperty(
      named = "conformance.slow",
      matches = "true",
      disabledReason = "run with -Dconformance.slow=true only: takes half a minute")
  void checkDatascalePasses() throws Exception {
    assertThat(etcdctlAt(firstEndpoint(), "check", "datascale")).contains("PASS");
  }

  private static String key(String name) {
    return etcd.prefix() + name;
  }

  private static String revisionOf(String name) throws Exception {
    return etcdctl("get", key(name), "-w", "json")
        .replaceAll(".*\"mod_revision\":(\\d+).*\\s*", "$1");
  }

  private static String firstEndpoint() {
    return etcd.endpointList().split(",", -1)[0];
  }

  private static List<String> lines(BufferedReader reader, int count) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(reader.readLine());
    }
    return lines;
  }

  /** A command that goes on; it ends with the test. */
  private Process start(String... arguments) throws IOException {
    Process process =
        builder(etcd.endpointList(), arguments)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    processes.add(process);
    return process;
  }

  private static String etcdctl(String... arguments) throws Exception {
    return etcdctlWithInput("", arguments);
  }

  private static String etcdctlWithInput(String input, String... arguments) throws Exception {
    return run(etcd.endpointList(), input, true, arguments);
  }

  private static String etcdctlAt(String endpoint, String... arguments) throws Exception {
    return run(endpoint, "", true, arguments);
  }

  /** What a command complained of, which must fail. */
  private static String refused(String... arguments) throws Exception {
    return run(etcd.endpointList(), "", false, arguments);
  }

  /** What it printed, to either stream. */
  private static String run(String endpoints, String input, boolean succeeds, String... arguments)
      throws Exception {
    Process process = builder(endpoints, arguments).redirectErrorStream(true).start();
    try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
      stdin.write(input);
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue() == 0)
        .as("%s: exit code %s: %s", List.of(arguments), process.exitValue(), output)
        .isEqualTo(succeeds);
    return output;
  }

  private static ProcessBuilder builder(String endpoints, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add("etcdctl");
    command.add("--endpoints=" + endpoints);
    command.add("--command-timeout=60s");
    command.add("--dial-timeout=60s");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("ETCDCTL_"));
    builder.environment().put("ETCDCTL_API", "3");
    return builder;
  }
}
