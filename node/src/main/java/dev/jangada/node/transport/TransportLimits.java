package dev.jangada.node.transport;

import java.time.Duration;

/**
 * How much and how long a {@link NettyTransport} bears with its peers.
 *
 * @param maxQueuedMessages messages that may wait to be written to one peer
 * @param maxQueuedBytes their size, but one message may always wait
 * @param maxPendingHandshakes incoming connections whose handshake is not complete
 * @param connectTimeout for the name lookup and the connection
 * @param handshakeTimeout from the connection to its acceptance
 * @param firstDelay before the second attempt to connect; the first one is made at once
 * @param longestDelay between two attempts
 * @param refusedDelay before the attempt after one that was refused, which will not change soon
 * @param unacknowledgedTimeout after which a connection is given up when the other end does not
 *     acknowledge what was sent. Left to itself, TCP tries for a quarter of an hour, ever more
 *     rarely, and lets a healed network wait
 */
record TransportLimits(
    int maxQueuedMessages,
    long maxQueuedBytes,
    int maxPendingHandshakes,
    Duration connectTimeout,
    Duration handshakeTimeout,
    Duration firstDelay,
    Duration longestDelay,
    Duration refusedDelay,
    Duration unacknowledgedTimeout) {

  static final TransportLimits DEFAULT =
      new TransportLimits(
          16_384,
          64L << 20,
          64,
          Duration.ofSeconds(1),
          Duration.ofSeconds(3),
          Duration.ofMillis(50),
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5));
}
