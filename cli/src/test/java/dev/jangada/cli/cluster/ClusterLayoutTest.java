package dev.jangada.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterLayoutTest {

  @TempDir private Path directory;

  @Test
  void nodesAreTenPortsApart() {
    ClusterLayout layout = ClusterLayout.from(3, Path.of("d"), 2379, 2380);

    assertThat(layout.endpoints()).isEqualTo("127.0.0.1:2379,127.0.0.1:2389,127.0.0.1:2399");
    assertThat(layout.name(2)).isEqualTo("n3");
    assertThat(layout.log(0)).isEqualTo(Path.of("d", "n1.log"));
    assertThat(layout.serverArguments(1))
        .containsSequence("--name", "n2")
        .containsSequence("--listen-peer-urls", "http://127.0.0.1:2390")
        .contains("n1=http://127.0.0.1:2380,n2=http://127.0.0.1:2390,n3=http://127.0.0.1:2400");
  }

  @Test
  void portOutOfRangeIsRefused() {
    assertThatThrownBy(() -> ClusterLayout.from(3, directory, 65_530, 2380))
        .hasMessageContaining("port 65540 is not between 1 and 65535");
  }

  @Test
  void numberOfNodesOutOfRangeIsRefused() {
    assertThatThrownBy(() -> ClusterLayout.from(0, directory, 2379, 2380))
        .hasMessageContaining("1 to 9 nodes, not 0");
  }

  @Test
  void portInUseIsNamedBeforeAnythingStarts() throws Exception {
    ClusterLayout layout = ClusterLayout.onFreePorts(3, directory.resolve("data"));
    int port = layout.peerPorts().get(1);
    try (ServerSocket other =
        new ServerSocket(port, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
      assertThat(layout.portsInUse()).containsExactly(other.getLocalPort() + " (peer port of n2)");
      assertThatThrownBy(() -> LocalCluster.start(layout, nothingToLaunch(), List.of(), exit -> {}))
          .isInstanceOf(ClusterException.class)
          .hasMessageContaining(port + " (peer port of n2)")
          .hasMessageContaining("--peer-port");
    }
    assertThat(directory.resolve("data")).doesNotExist();
  }

  private static NodeLauncher nothingToLaunch() {
    return new NodeLauncher("no/such/class/path", List.of());
  }

  @Test
  void directoryRemembersHowManyNodesItIsFor() throws Exception {
    DataDirectory.open(directory, 3).close();

    DataDirectory.open(directory, 3).close();
    assertThatThrownBy(() -> DataDirectory.open(directory, 5))
        .isInstanceOf(ClusterException.class)
        .hasMessageContaining("holds a cluster of 3 nodes, not 5; use --nodes 3");
  }

  @Test
  void directoryOfSomethingElseIsLeftAlone() throws IOException {
    Files.writeString(directory.resolve("letter.txt"), "Dear");

    assertThatThrownBy(() -> DataDirectory.open(directory, 3))
        .isInstanceOf(ClusterException.class)
        .hasMessageContaining("is not empty and holds no cluster");
    assertThat(directory.resolve("lock")).doesNotExist();
  }

  @Test
  void directoryInUseIsRefused() throws Exception {
    try (DataDirectory first = DataDirectory.open(directory, 3)) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> DataDirectory.open(directory, 3))
          .isInstanceOf(ClusterException.class)
          .hasMessageContaining("another process runs a cluster in");
    }
    DataDirectory.open(directory, 3).close();
  }

  @Test
  void damagedPropertiesAreNamed() throws IOException {
    Files.writeString(directory.resolve("cluster.properties"), "nodes=many\n");

    assertThatThrownBy(() -> DataDirectory.open(directory, 3))
        .isInstanceOf(ClusterException.class)
        .hasMessageContaining("restore its line nodes=NUMBER");
  }

  @Test
  void exitCodesOfSignalsAreToldByName() {
    assertThat(new NodeExit(0, 1, 137, false).describe()).isEqualTo("killed by SIGKILL");
    assertThat(new NodeExit(0, 1, 1, false).describe()).isEqualTo("ended with exit code 1");
    assertThat(new NodeExit(0, 1, 143, false).wasAskedToStop()).isTrue();
    assertThat(new NodeExit(0, 1, 137, false).wasAskedToStop()).isFalse();
  }
}
