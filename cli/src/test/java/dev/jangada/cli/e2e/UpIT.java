package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.google.protobuf.ByteString;
import dev.jangada.cli.cluster.ClusterLayout;
import dev.jangada.cli.cluster.NodeClient;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code jangada up} as its user meets it: a process with children. */
@Timeout(600)
class UpIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final ByteString KEY = ByteString.copyFromUtf8("hello");

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory
  UpIT() {}

  private Path data() {
    return directory.resolve("data");
  }

  private Command up(int nodes, int port) throws IOException {
    return new Command(
        "up",
        "--nodes",
        Integer.toString(nodes),
        "--data-dir",
        data().toString(),
        "--client-port",
        Integer.toString(port),
        "--peer-port",
        Integer.toString(port + 1));
  }

  /** The first of ports at the command's distances that were free a moment ago. */
  private int freePort(int nodes) throws IOException {
    for (int tries = 0; tries < 100; tries++) {
      int port = ClusterLayout.onFreePorts(1, data()).clientPorts().get(0);
      if (port + 1 + ClusterLayout.PORT_STEP * nodes <= 65_535
          && ClusterLayout.from(nodes, data(), port, port + 1).portsInUse().isEmpty()) {
        return port;
      }
    }
    throw new AssertionError("no free ports at regular distances");
  }

  @Test
  void clusterServesGoesOnWithoutADeadNodeAndContinuesFromItsDirectory() throws Exception {
    int port = freePort(3);
    ClusterLayout layout = ClusterLayout.from(3, data(), port, port + 1);
    try (Command up = up(3, port)) {
      up.awaitLine("serving after", PATIENCE);
      List<Long> pids = new ArrayList<>();
      for (int node = 0; node < 3; node++) {
        pids.add(
            Long.parseLong(
                up.awaitLine(
                        layout.name(node) + "  http://" + layout.endpoint(node) + "  pid (\\d+)",
                        PATIENCE)
                    .group(1)));
      }
      assertThat(up.children())
          .extracting(ProcessHandle::pid)
          .containsExactlyInAnyOrderElementsOf(pids);
      assertThat(up.awaitLine("try: (.*)", PATIENCE).group(1))
          .contains("etcdctl --endpoints=" + layout.endpoints());
      put(layout.endpoint(0));

      ProcessHandle.of(pids.get(1)).orElseThrow().destroyForcibly();
      up.awaitLine("n2 \\(pid " + pids.get(1) + "\\) died: killed by SIGKILL", PATIENCE);
      up.awaitLine("to bring it back: ./jangada server --name n2", PATIENCE);
      put(layout.endpoint(0));
      put(layout.endpoint(2));
      assertThat(up.isAlive()).isTrue();

      signal(up, "TERM");
      up.awaitEnd(PATIENCE);
    }
    try (Command again = up(3, port)) {
      again.awaitLine("serving after", PATIENCE);
      for (int node = 0; node < 3; node++) {
        assertThat(versionOfKey(layout.endpoint(node))).isEqualTo(3);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void signalStopsAllNodes(String signal, int exitCode) throws Exception {
    assumeFalse(
        signal.equals("INT") && ignoresInterrupts(),
        "this process was started with SIGINT ignored, and so would be the command");
    try (Command up = up(3, freePort(3))) {
      up.awaitLine("serving after", PATIENCE);
      List<ProcessHandle> nodes = up.children();
      assertThat(nodes).hasSize(3);

      signal(up, signal);

      assertThat(up.awaitEnd(PATIENCE)).isEqualTo(exitCode);
      assertThat(nodes).noneMatch(ProcessHandle::isAlive);
      assertThat(up.output()).contains("stopping").doesNotContain("died");
    }
  }

  @Test
  void nodesDoNotOutliveAKilledParent() throws Exception {
    try (Command up = up(1, freePort(1))) {
      up.awaitLine("serving after", PATIENCE);
      List<ProcessHandle> nodes = up.children();
      assertThat(nodes).hasSize(1);

      signal(up, "KILL");
      up.awaitEnd(PATIENCE);

      for (ProcessHandle node : nodes) {
        var ended = node.onExit().get(60, TimeUnit.SECONDS);
        assertThat(ended.isAlive()).isFalse();
      }
    }
  }

  @Test
  void directoryOfAnotherNumberOfNodesIsRefused() throws Exception {
    Files.createDirectories(data());
    Files.writeString(data().resolve("cluster.properties"), "nodes=5\n");
    try (Command up = up(3, freePort(3))) {
      assertThat(up.awaitEnd(PATIENCE)).isEqualTo(1);
      assertThat(up.output())
          .contains("holds a cluster of 5 nodes, not 3", "--nodes 5", "--data-dir");
      assertThat(data()).isDirectoryNotContaining("glob:**.log");
    }
  }

  @Test
  void portInUseIsNamedBeforeAnythingStarts() throws Exception {
    int port = freePort(3);
    int taken = port + ClusterLayout.PORT_STEP;
    try (ServerSocket other =
            new ServerSocket(taken, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        Command up = up(3, port)) {
      assertThat(other.isBound()).isTrue();
      assertThat(up.awaitEnd(PATIENCE)).isEqualTo(1);
      assertThat(up.output())
          .contains("ports in use: " + taken + " (client port of n2)", "--client-port");
      assertThat(data()).doesNotExist();
    }
  }

  private static void signal(Command command, String signal) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + signal, Long.toString(command.pid())).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  /** A process started in the background of a script has it so, and Java then leaves it so. */
  private static boolean ignoresInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    int interrupt = 2;
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .map(line -> Long.parseUnsignedLong(line.substring("SigIgn:".length()).strip(), 16))
        .anyMatch(ignored -> (ignored >> (interrupt - 1) & 1) == 1);
  }

  private static void put(String endpoint) {
    try (NodeClient node = new NodeClient(endpoint)) {
      var unused =
          KVGrpc.newBlockingStub(node.channel())
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .put(PutRequest.newBuilder().setKey(KEY).setValue(KEY).build());
    }
  }

  private static long versionOfKey(String endpoint) {
    try (NodeClient node = new NodeClient(endpoint)) {
      return KVGrpc.newBlockingStub(node.channel())
          .withDeadlineAfter(60, TimeUnit.SECONDS)
          .range(RangeRequest.newBuilder().setKey(KEY).build())
          .getKvs(0)
          .getVersion();
    }
  }
}
