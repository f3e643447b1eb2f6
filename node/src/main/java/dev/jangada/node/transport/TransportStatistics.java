package dev.jangada.node.transport;

import java.util.List;

/**
 * What a {@link NettyTransport} has done since it was opened. Counters only grow; they are read one
 * by one, so that two of them may be a moment apart.
 *
 * @param accepted connections of peers that were accepted
 * @param refused connections that were refused because of a different cluster, version or member,
 *     and of nodes that were removed or have lost their log
 * @param malformed connections that were closed because of rubbish: bytes that are no handshake, no
 *     frame or no message, messages that are not for this node or not from the one that sent them
 * @param timedOut connections that were closed because they did not complete the handshake in time
 * @param crowdedOut connections that were closed because too many were still to complete it
 * @param unknownDestination messages dropped because they were for a node that is no peer
 * @param peers one for each peer there is now: first those of {@link TransportConfig#peers()}, then
 *     those that were added
 */
public record TransportStatistics(
    long accepted,
    long refused,
    long malformed,
    long timedOut,
    long crowdedOut,
    long unknownDestination,
    List<PeerStatistics> peers) {

  public TransportStatistics {
    peers = List.copyOf(peers);
  }

  /**
   * What has passed between this node and a peer.
   *
   * @param peer the peer
   * @param connected whether the connection on which messages go to it is up
   * @param connects how often that connection came up
   * @param sentMessages messages given to the operating system
   * @param sentBytes their size with frames
   * @param droppedMessages messages dropped because the peer was not connected, or too slow, or
   *     because the connection broke before they could be written, or there was no memory for that
   * @param oversizedMessages messages dropped because they are larger than {@link
   *     TransportConfig#maxMessageBytes()}
   * @param receivedMessages messages received from it
   * @param receivedBytes their size with frames
   * @param queuedMessages messages waiting to be written, at this moment
   * @param queuedBytes their size with frames
   */
  public record PeerStatistics(
      TransportConfig.Remote peer,
      boolean connected,
      long connects,
      long sentMessages,
      long sentBytes,
      long droppedMessages,
      long oversizedMessages,
      long receivedMessages,
      long receivedBytes,
      int queuedMessages,
      long queuedBytes) {}
}
