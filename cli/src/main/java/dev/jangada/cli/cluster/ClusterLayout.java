package dev.jangada.cli.cluster;

import dev.jangada.server.embedded.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Where the nodes of a cluster on this host listen and keep their data. Node {@code i}, counted
 * from 0, is named {@code n1}, {@code n2} and so on.
 *
 * @param dataDirectory holds a directory and a log file for each node
 * @param clientPorts one for each node, on 127.0.0.1
 * @param peerPorts one for each node, on 127.0.0.1
 */
public record ClusterLayout(
    Path dataDirectory, List<Integer> clientPorts, List<Integer> peerPorts) {

  /** Most nodes of a cluster on one host. */
  public static final int MAX_NODES = 9;

  /** Distance between the ports of one node and the next. */
  public static final int PORT_STEP = 10;

  private static final String HOST = "127.0.0.1";

  public ClusterLayout {
    clientPorts = List.copyOf(clientPorts);
    peerPorts = List.copyOf(peerPorts);
    if (clientPorts.isEmpty() || clientPorts.size() != peerPorts.size()) {
      throw new IllegalArgumentException(
          "each node needs a client port and a peer port, not " + clientPorts + ", " + peerPorts);
    }
    Set<Integer> used = new HashSet<>();
    for (List<Integer> ports : List.of(clientPorts, peerPorts)) {
      for (int port : ports) {
        if (port < 1 || port > 65_535) {
          throw new IllegalArgumentException(
              "port " + port + " is not between 1 and 65535; choose a lower first port");
        }
        if (!used.add(port)) {
          throw new IllegalArgumentException(
              "port " + port + " would be used twice; move the client or the peer ports");
        }
      }
    }
  }

  /**
   * Ports at regular distances of {@link #PORT_STEP}.
   *
   * @throws IllegalArgumentException if a port is out of range or would be used twice, or the
   *     number of nodes is not between 1 and {@link #MAX_NODES}
   */
  public static ClusterLayout from(int nodes, Path dataDirectory, int clientPort, int peerPort) {
    if (nodes < 1 || nodes > MAX_NODES) {
      throw new IllegalArgumentException(
          "a cluster on one host has 1 to " + MAX_NODES + " nodes, not " + nodes);
    }
    return new ClusterLayout(dataDirectory, ports(nodes, clientPort), ports(nodes, peerPort));
  }

  private static List<Integer> ports(int nodes, int first) {
    return IntStream.range(0, nodes).map(node -> first + PORT_STEP * node).boxed().toList();
  }

  /**
   * Ports that nothing listened on a moment ago, and that the system does not give to outgoing
   * connections: else one of those might sit on a node's port while the node is down.
   */
  public static ClusterLayout onFreePorts(int nodes, Path dataDirectory) throws IOException {
    List<Integer> free = FreePorts.find(2 * nodes);
    return new ClusterLayout(dataDirectory, free.subList(0, nodes), free.subList(nodes, 2 * nodes));
  }

  /** Number of nodes. */
  public int nodes() {
    return clientPorts.size();
  }

  /** Name of a node. */
  public String name(int node) {
    return "n" + (node + 1);
  }

  /** Where clients reach a node, as {@code host:port}. */
  public String endpoint(int node) {
    return HOST + ":" + clientPorts.get(node);
  }

  /** All nodes' endpoints, separated by commas, as clients take them. */
  public String endpoints() {
    return IntStream.range(0, nodes()).mapToObj(this::endpoint).collect(Collectors.joining(","));
  }

  /** Where a node keeps its data. */
  public Path directory(int node) {
    return dataDirectory.resolve(name(node));
  }

  /** Where a node's output goes. */
  public Path log(int node) {
    return dataDirectory.resolve(name(node) + ".log");
  }

  /** The arguments of {@code jangada} that start a node. */
  public List<String> serverArguments(int node) {
    String clientUrl = "http://" + endpoint(node);
    return List.of(
        "server",
        "--name",
        name(node),
        "--data-dir",
        directory(node).toString(),
        "--listen-client-urls",
        clientUrl,
        "--advertise-client-urls",
        clientUrl,
        "--listen-peer-urls",
        peerUrl(node),
        "--initial-advertise-peer-urls",
        peerUrl(node),
        "--initial-cluster",
        IntStream.range(0, nodes())
            .mapToObj(other -> name(other) + "=" + peerUrl(other))
            .collect(Collectors.joining(",")),
        "--initial-cluster-token",
        "jangada-up");
  }

  private String peerUrl(int node) {
    return "http://" + HOST + ":" + peerPorts.get(node);
  }

  /** One line for each port that something else listens on; empty if all are free. */
  public List<String> portsInUse() {
    List<String> inUse = new ArrayList<>();
    for (int node = 0; node < nodes(); node++) {
      if (!isFree(clientPorts.get(node))) {
        inUse.add(clientPorts.get(node) + " (client port of " + name(node) + ")");
      }
      if (!isFree(peerPorts.get(node))) {
        inUse.add(peerPorts.get(node) + " (peer port of " + name(node) + ")");
      }
    }
    return inUse;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      // Connections of an earlier run that linger in TIME_WAIT are no obstacle to the nodes either.
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(loopback(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress(HOST, new byte[] {127, 0, 0, 1});
  }
}
