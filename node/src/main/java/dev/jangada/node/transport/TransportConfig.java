package dev.jangada.node.transport;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link Transport}.
 *
 * @param clusterId identifies the cluster: connections between nodes of different clusters are
 *     refused
 * @param memberId this node, not 0
 * @param listenHost name or address of the interface to listen at
 * @param listenPort port to listen at, 0 for any that is free
 * @param address where the other nodes reach this one, as {@code host:port}; told to those that do
 *     not know this node yet. Empty if nobody has to be told
 * @param logIncarnation what this node drew when it began its log, by which the others tell it from
 *     one that has lost it; 0 if it does not say
 * @param peers the other nodes as far as they are known at the start, this one not among them
 * @param moved whether they are reached where {@code peers} says even if the configuration that is
 *     told first says otherwise: the cluster has been moved since
 * @param maxMessageBytes no encoded message of this cluster is larger, so that whatever claims to
 *     be is rubbish
 */
public record TransportConfig(
    long clusterId,
    long memberId,
    String listenHost,
    int listenPort,
    String address,
    long logIncarnation,
    List<Remote> peers,
    boolean moved,
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

  /** The settings of a node that tells neither its address nor its log. */
  public TransportConfig(
      long clusterId,
      long memberId,
      String listenHost,
      int listenPort,
      List<Remote> peers,
      int maxMessageBytes) {
    this(clusterId, memberId, listenHost, listenPort, "", 0, peers, false, maxMessageBytes);
  }

  /**
   * Another node of the cluster.
   *
   * @param memberId its id in messages, not 0
   * @param name its name for people
   * @param host name or address where it listens; resolved anew for each connection
   * @param port port where it listens
   */
  public record Remote(long memberId, String name, String host, int port) {

    /** The node at an address of the form {@code host:port}; null if it is not of that form. */
    static @Nullable Remote parse(long memberId, String name, String address) {
      int colon = address.lastIndexOf(':');
      if (colon <= 0) {
        return null;
      }
      try {
        int port = Integer.parseInt(address.substring(colon + 1));
        return port < 1 || port > 65_535
            ? null
            : new Remote(memberId, name, address.substring(0, colon), port);
      } catch (NumberFormatException e) {
        return null;
      }
    }
  }
}
