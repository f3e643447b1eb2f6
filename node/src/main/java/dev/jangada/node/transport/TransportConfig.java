package dev.jangada.node.transport;

import java.util.List;

/**
 * The settings of a {@link Transport}.
 *
 * @param clusterId identifies the cluster: connections between nodes of different clusters are
 *     refused
 * @param memberId this node, not 0
 * @param listenHost name or address of the interface to listen at
 * @param listenPort port to listen at, 0 for any that is free
 * @param peers the other nodes, this one not among them
 * @param maxMessageBytes no encoded message of this cluster is larger, so that whatever claims to
 *     be is rubbish
 */
public record TransportConfig(
    long clusterId,
    long memberId,
    String listenHost,
    int listenPort,
    List<Remote> peers,
    int maxMessageBytes) {

  public TransportConfig {
    peers = List.copyOf(peers);
    if (memberId == 0) {
      throw new IllegalArgumentException("memberId must not be 0");
    }
    if (peers.stream().anyMatch(peer -> peer.memberId() == memberId)) {
      throw new IllegalArgumentException("peers must not contain this node itself: " + peers);
    }
    if (maxMessageBytes <= 0) {
      throw new IllegalArgumentException("maxMessageBytes must be positive, is " + maxMessageBytes);
    }
  }

  /**
   * Another node of the cluster.
   *
   * @param memberId its id in messages, not 0
   * @param name its name for people
   * @param host name or address where it listens; resolved anew for each connection
   * @param port port where it listens
   */
  public record Remote(long memberId, String name, String host, int port) {}
}
