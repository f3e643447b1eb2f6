package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jangada.cli.cluster.ClusterLayout;
import dev.jangada.cli.cluster.LocalCluster;
import dev.jangada.cli.cluster.NodeClient;
import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Users and roles with real clients: etcdctl, beside a real etcd if there is one, and jetcd. */
@Timeout(600)
class AuthIT {

  /**
   * Commands of etcdctl, one each line. Where etcd 3.4 is known to let in whom it should not,
   * nothing is asked.
   */
  private static final String DIALOGUE =
      """
      auth enable
      user add root:pw
      user add root:other
      role add some
      role add some
      role list
      user list
      role get some
      role get none
      role grant-permission some read r s
      role grant-permission some readwrite b
      role grant-permission some write w --prefix
      role grant-permission none read a
      role get some
      user add u:pw
      user add
      user grant-role u some
      user grant-role u some
      user grant-role u none
      user grant-role none some
      user revoke-role u none
      user get u
      user get none
      user delete none
      role delete none
      role revoke-permission some x
      auth enable
      get r
      put b 1
      user list
      --user u:wrong get r
      --user none:pw get r
      --user u:pw get r
      --user u:pw get r --prefix
      --user u:pw get r --from-key
      --user u:pw get r z
      --user u:pw get q r
      --user u:pw get s r
      --user u:pw put b 1
      --user u:pw put b 2 --prev-kv
      --user u:pw put w/1 1
      --user u:pw put w/1 2 --prev-kv
      --user u:pw put r 1
      --user u:pw del w/1 --prev-kv
      --user u:pw del w/1
      --user u:pw del r
      --user u:pw user get u
      --user u:pw user get root
      --user u:pw role get some
      --user u:pw role get root
      --user u:pw user list
      --user u:pw role list
      --user u:pw user add v:pw
      --user u:pw auth disable
      --user u:pw auth enable
      --user u:pw endpoint hashkv
      --user u:pw compaction 1
      --user u:pw member add x --peer-urls=http://127.0.0.1:1
      --user root:pw put r/1 one
      --user u:pw get r --prefix
      --user root:pw role revoke-permission some r s
      --user u:pw get r
      --user root:pw user delete root
      --user root:pw role delete root
      --user root:pw user revoke-role root root
      --user root:pw user get root
      --user root:pw role list
      --user root:pw auth enable
      --user root:pw user revoke-role u some
      --user u:pw get b
      --user root:pw role delete some
      --user root:pw user delete u
      --user u:pw get b
      --user root:pw auth disable
      get r/1
      --user root:pw get r/1
      """;

  @TempDir private Path directory;

  private LocalCluster cluster;

  @SuppressWarnings("NullAway.Init") // set before each test
  AuthIT() {}

  @BeforeEach
  void start() throws Exception {
    cluster = TestClusters.start(directory, "--bcrypt-cost=4");
  }

  @AfterEach
  void stop() throws Exception {
    cluster.close();
  }

  @Test
  void etcdctlIsToldWhatEtcdTells() throws Exception {
    assumeTrue(isInstalled("etcdctl"), "etcdctl is not installed (Debian: etcd-client)");
    assumeTrue(isInstalled("etcd"), "etcd is not installed (Debian: etcd-server)");
    String expected;
    try (RealEtcd etcd = new RealEtcd(directory.resolve("etcd"))) {
      expected = dialogue(etcd.endpoint());
    }
    String actual = dialogue(cluster.layout().endpoints());

    assertThat(actual).isEqualTo(expected);
    assertThat(actual).contains("Authentication Enabled", "permission denied");
  }

  private static String dialogue(String endpoints) throws Exception {
    List<String> transcript = new ArrayList<>();
    for (String line : DIALOGUE.lines().toList()) {
      transcript.add("$ " + line + "\n" + etcdctl(endpoints, List.of(line.split(" "))));
    }
    return String.join("\n", transcript);
  }

  /** What it printed that is meant for people, without addresses, and its exit code. */
  private static String etcdctl(String endpoints, List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add("etcdctl");
    command.add("--endpoints=" + endpoints);
    command.add("--command-timeout=60s");
    command.add("--dial-timeout=60s");
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.start();
    process.outputWriter(StandardCharsets.UTF_8).close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return output
            .lines()
            .filter(line -> !line.startsWith("{"))
            // One line for each endpoint that was asked.
            .map(line -> line.replaceAll("127\\.0\\.0\\.1:[0-9]+", "ENDPOINT"))
            .distinct()
            .collect(Collectors.joining("\n"))
        + "\nexit "
        + process.exitValue();
  }

  private static boolean isInstalled(String command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command, command.equals("etcd") ? "--version" : "version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** A process of the real one, alone. */
  private static final class RealEtcd implements AutoCloseable {
    private final ClusterLayout layout;
    private final Process process;

    RealEtcd(Path directory) throws Exception {
      layout = ClusterLayout.onFreePorts(1, directory);
      String client = "http://" + layout.endpoint(0);
      String peer = "http://127.0.0.1:" + layout.peerPorts().get(0);
      process =
          new ProcessBuilder(
                  "etcd",
                  "--data-dir=" + directory,
                  "--bcrypt-cost=4",
                  "--listen-client-urls=" + client,
                  "--advertise-client-urls=" + client,
                  "--listen-peer-urls=" + peer,
                  "--initial-advertise-peer-urls=" + peer,
                  "--initial-cluster=default=" + peer)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      try (NodeClient node = new NodeClient(endpoint())) {
        while (node.status(Duration.ofMillis(500)) == null) {
          assertThat(System.nanoTime()).as("etcd serves").isLessThan(deadline);
        }
      }
    }

    String endpoint() {
      return layout.endpoint(0);
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    }
  }

  @Test
  void jetcdLogsInAndIsHeldToItsPermissions() throws Exception {
    try (Client nobody = builder().build()) {
      Auth auth = nobody.getAuthClient();
      done(auth.userAdd(bytes("root"), bytes("pw-root")));
      done(auth.roleAdd(bytes("root")));
      done(auth.userGrantRole(bytes("root"), bytes("root")));
      done(auth.userAdd(bytes("u"), bytes("pw-u")));
      done(auth.roleAdd(bytes("some")));
      done(
          auth.roleGrantPermission(
              bytes("some"), bytes("k"), bytes("l"), Permission.Type.READWRITE));
      done(auth.userGrantRole(bytes("u"), bytes("some")));
      done(auth.authEnable());
    }
    try (Client root = login("root", "pw-root");
        Client user = login("u", "pw-u");
        Client wrong = login("u", "wrong")) {
      done(user.getKVClient().put(bytes("k/1"), bytes("v")));
      assertThat(
              done(user.getKVClient().get(bytes("k"), GetOption.builder().isPrefix(true).build()))
                  .getCount())
          .isEqualTo(1);
      assertThatThrownBy(() -> done(user.getKVClient().put(bytes("x"), bytes("v"))))
          .hasMessageContaining("etcdserver: permission denied");
      assertThatThrownBy(() -> done(wrong.getKVClient().get(bytes("k"))))
          .hasRootCauseMessage(
              "INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password");
      assertThat(done(user.getAuthClient().userGet(bytes("u"))).getRoles()).containsExactly("some");

      BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
      try (var watcher = watch(user, "k", heard);
          var denied = watch(user, "x", heard)) {
        assertThat(String.valueOf(heard.poll(60, TimeUnit.SECONDS)))
            .contains("etcdserver: permission denied");
        done(root.getKVClient().put(bytes("k"), bytes("seen")));
        assertThat(heard.poll(60, TimeUnit.SECONDS)).isEqualTo("seen");
        assertThat(List.of(watcher, denied)).doesNotContainNull();
      }

      // The token that the client holds ends with the password; it asks for another by itself.
      done(root.getAuthClient().userChangePassword(bytes("root"), bytes("new")));
      try (Client renewed = login("root", "new")) {
        done(renewed.getAuthClient().userChangePassword(bytes("root"), bytes("pw-root")));
      }
      done(root.getKVClient().put(bytes("x"), bytes("v")));
      done(root.getAuthClient().authDisable());
    }
  }

  private static AutoCloseable watch(Client client, String key, BlockingQueue<Object> heard) {
    return client
        .getWatchClient()
        .watch(
            bytes(key),
            WatchOption.DEFAULT,
            (WatchResponse response) ->
                response
                    .getEvents()
                    .forEach(event ->
                        heard.add(event.getKeyValue().getValue().toString(StandardCharsets.UTF_8))),
            failure -> heard.add(String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT)));
  }

  private ClientBuilder builder() {
    return Client.builder()
        .endpoints(
            cluster
                .layout()
                .endpoints()
                .lines()
                .flatMap(line -> List.of(line.split(",")).stream())
                .map(endpoint -> "http://" + endpoint)
                .toArray(String[]::new));
  }

  private Client login(String user, String password) {
    return builder().user(bytes(user)).password(bytes(password)).build();
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static <T> T done(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }
}
