package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jangada.cli.ctl.CtlRunner.Result;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.server.embedded.EmbeddedCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Each command by etcdctl and by this one against the same member: the same bytes on standard
 * output, and the same exit code. Commands that change something are run twice, so revisions and
 * ids that had to differ are made equal first.
 */
@Timeout(300)
class EtcdctlComparisonTest {

  private static final String FORMATS = "simple json fields table";

  /** What is typed; words are separated by spaces, and '' is the empty one. */
  static final List<String> READS =
      List.of(
          "get a",
          "get nosuch",
          "get --prefix ''",
          "get --prefix=true a",
          "get --prefix=false a",
          "get '' --from-key",
          "get a c",
          "get a c --hex",
          "get a --print-value-only",
          "get --keys-only --prefix ''",
          "get --prefix '' --limit=1",
          "get --prefix '' --order=DESCEND --sort-by=VALUE",
          "get --prefix '' --order=descend --sort-by=mod",
          "get --prefix '' --consistency=s",
          "get a --rev=2",
          "get a --rev=999999",
          "get a --consistency=x",
          "get a --order=x",
          "get",
          "get --prefix a b",
          "get --prefix --from-key a",
          "get a --nosuch",
          "get a --limit=x",
          "-w yaml get a",
          "get -w=json a",
          "put",
          "put a b --lease=zz",
          "put a b --ignore-value",
          "put '' b",
          "del",
          "compaction",
          "compaction x",
          "compaction 999999",
          "txn x",
          "watch",
          "watch --",
          "watch a --",
          "watch a b --prefix",
          "member list",
          "member add",
          "member add x",
          "member add x --peer-urls=http://nobody:1 --bad",
          "member remove",
          "member remove zz",
          "member update 1",
          "member update zz --peer-urls=http://a:1",
          "endpoint status",
          "endpoint hashkv --rev=5",
          "endpoint health",
          "endpoint status --cluster",
          "move-leader",
          "move-leader zz",
          "move-leader 1234",
          "lease list",
          "lease grant",
          "lease grant x",
          "lease revoke",
          "lease revoke zz",
          "lease revoke 77",
          "lease timetolive 77",
          "lease timetolive 123456 --keys",
          "lease timetolive zz",
          "lease keep-alive",
          "lease keep-alive zz",
          "lease keep-alive --once 77",
          "lease keep-alive --once 123456",
          "lock",
          "elect",
          "elect a",
          "elect -l a b",
          "user add",
          "user add :x",
          "user get nosuch",
          "user delete nosuch",
          "user grant-role nosuch",
          "user list",
          "role add",
          "role get nosuch",
          "role list",
          "role grant-permission r bad k",
          "role grant-permission r read k --prefix --from-key",
          "role grant-permission r read k l --prefix",
          "role revoke-permission r",
          "snapshot save",
          "snapshot status",
          "snapshot status nosuch",
          "alarm list");

  static final List<String> WRITES =
      List.of(
          "put a 1",
          "put a 1 --prev-kv",
          "put a 2 --prev-kv --hex",
          "put a -- -1",
          "put a --ignore-value",
          "put a 1 --ignore-lease",
          "put nosuch --ignore-value",
          "put a 1 --lease=77",
          "del nosuch",
          "del nosuch --prev-kv --prefix",
          "put l/1 x --lease=123456 --prev-kv");

  @TempDir private static Path directory;

  private static EmbeddedCluster cluster;

  @SuppressWarnings("NullAway.Init") // set before all tests
  EtcdctlComparisonTest() {}

  @BeforeAll
  static void start() {
    assumeTrue(isInstalled(), "etcdctl 3.4 is not installed (Debian: apt-get install etcd-client)");
    cluster = EmbeddedCluster.start(1);
    for (String[] put :
        new String[][] {{"put", "a", "one"}, {"put", "b", "two\twords"}, {"put", "c", "ü"}}) {
      assertThat(ctl(put).exitCode()).isZero();
    }
    try (Connection connection = CtlCommandTest.connect(endpoint())) {
      var unused =
          connection.call(
              LeaseGrpc.getLeaseGrantMethod(),
              LeaseGrantRequest.newBuilder().setID(0x123456).setTTL(9000).build());
    }
    assertThat(ctl("put", "l/1", "x", "--lease=123456").exitCode()).isZero();
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static boolean isInstalled() {
    try {
      Process process = new ProcessBuilder("etcdctl", "version").start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .contains("API version: 3.4");
    } catch (IOException e) {
      return false;
    }
  }

  @ParameterizedTest
  @FieldSource("READS")
  void readIsTheSameInEveryFormat(String line) throws Exception {
    for (String format : FORMATS.split(" ", -1)) {
      // Before the command, because what follows "--" is not for ctl.
      String[] arguments = arguments("-w " + format + " " + line);
      Result expected = etcdctl("", arguments);
      Result actual = ctl(arguments);

      assertThat(withoutWhatMustDiffer(actual.out()))
          .as("%s -w %s: %s", line, format, actual.err())
          .isEqualTo(withoutWhatMustDiffer(expected.out()));
      assertThat(actual.exitCode()).as("%s: %s", line, actual.err()).isEqualTo(expected.exitCode());
      assertThat(actual.err().isEmpty())
          .as("%s complains", line)
          .isEqualTo(expected.err().isEmpty());
    }
  }

  @ParameterizedTest
  @FieldSource("WRITES")
  void writeIsToldTheSame(String line) throws Exception {
    for (String format : FORMATS.split(" ", -1)) {
      String[] arguments = arguments("-w " + format + " " + line);
      // Once before, so that both find the same.
      ctl(arguments(line));
      Result expected = etcdctl("", arguments);
      Result actual = ctl(arguments);

      assertThat(withoutRevisions(actual.out()))
          .as("%s -w %s: %s", line, format, actual.err())
          .isEqualTo(withoutRevisions(expected.out()));
      assertThat(actual.exitCode()).as("%s: %s", line, actual.err()).isEqualTo(expected.exitCode());
    }
  }

  static final List<String> TRANSACTIONS =
      List.of(
          "mod(\"t\") > \"0\"\n\nput t x\nget t\n\nput t y\nget t\ndel nosuch\n\n",
          "value(\"t\") = \"no\"\n\nget t\n\nput t \"a\\tb\\x41\"\nget t --keys-only\n\n",
          "\n\n\n",
          "\nget a b\n\n\n",
          "\nget a\n",
          "value(\"t\" = \"x\"\n\n\n\n",
          "foo(\"t\") = \"x\"\n\n\n\n",
          "mod(\"t\") = \"x\"\n\n\n\n",
          "\nput a\n\n\n",
          "\nfoo a\n\n\n",
          "\nput a 1\nput a 2\n\n\n");

  @ParameterizedTest
  @FieldSource("TRANSACTIONS")
  void transactionIsToldTheSame(String script) throws Exception {
    for (String format : FORMATS.split(" ", -1)) {
      String[] arguments = {"txn", "-i", "-w", format};
      runner().runWithInput(script, "txn");
      Result expected = etcdctl(script, arguments);
      Result actual = runner().runWithInput(script, arguments);

      assertThat(withoutRevisions(actual.out()))
          .as("%s -w %s: %s", script, format, actual.err())
          .isEqualTo(withoutRevisions(expected.out()));
      assertThat(actual.exitCode()).as(actual.err()).isEqualTo(expected.exitCode());
    }
  }

  private static String withoutWhatMustDiffer(String output) {
    return output
        // The time it took, the flags' description that follows a wrong one, a newer server's
        // words.
        // The log grows meanwhile, because leases have a clock in it; on a busy machine, terms do.
        .replaceAll("(?i)(\"raft(?:_?term|applied_?index|index)\"\\s?:\\s?)\\d+", "$1")
        .replaceAll("(?m)((?:, | [|] +)\\d+){3}(,| [|])( +[|]| )$", "")
        .replaceAll("\"took\":\"[^\"]*\"", "\"took\"")
        .replaceAll("\"Took\" : .*", "\"Took\"")
        .replaceAll("remaining\\(\\d+s\\)|\"(?i:ttl)\"\\s?:\\s?8\\d+", "remaining")
        .replaceAll("(?s)^NAME:.*", "")
        .replaceAll("\"(hash_revision|storageVersion|dbSizeQuota)\":(\"[^\"]*\"|\\d+),?", "")
        .replaceAll(",}", "}")
        .replaceAll("(?m)^.*TOOK.*$|^[|+].*(?: [\\d.]+[mµ]s |-).*$", "");
  }

  private static String withoutRevisions(String output) {
    return output.replaceAll("(?i)((?:revision|version|raft_?term)\"\\s?:\\s?)\\d+", "$1N");
  }

  private static String[] arguments(String line) {
    return line.lines()
        .flatMap(text -> List.of(text.split(" ", -1)).stream())
        .map(word -> word.equals("''") ? "" : word)
        .toArray(String[]::new);
  }

  private static CtlRunner runner() {
    return new CtlRunner()
        .with("ETCDCTL_ENDPOINTS", endpoint())
        .with("ETCDCTL_COMMAND_TIMEOUT", "60s");
  }

  private static Result ctl(String... arguments) {
    return runner().run(arguments);
  }

  private static String endpoint() {
    return Objects.requireNonNull(cluster).endpoints().get(0).toString();
  }

  private static Result etcdctl(String input, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("etcdctl"));
    command.addAll(List.of(arguments));
    Path err = directory.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("ETCDCTL_"));
    builder.environment().put("ETCDCTL_API", "3");
    builder.environment().put("ETCDCTL_ENDPOINTS", endpoint());
    builder.environment().put("ETCDCTL_COMMAND_TIMEOUT", "60s");
    builder.environment().put("ETCDCTL_DIAL_TIMEOUT", "60s");
    Process process = builder.start();
    try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
      stdin.write(input);
    } catch (IOException e) {
      // It ended before it read anything.
    }
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), out, Files.readString(err));
  }
}
