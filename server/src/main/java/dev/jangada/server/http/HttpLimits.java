package dev.jangada.server.http;

import java.time.Duration;

/**
 * What a client may take of this member before it has proved to be of any use.
 *
 * @param opening how long a new connection may take to show which protocol it speaks
 * @param request how long a request may take to arrive, its body included unless it is a stream
 * @param idle how long a connection may stay open without a request
 * @param write how long a complete answer may take to be read by the client
 * @param maxLineBytes longest request line
 * @param maxHeaderBytes longest header of a request, all fields together
 * @param maxMessageBytes largest message in protobuf's encoding, as over gRPC
 */
public record HttpLimits(
    Duration opening,
    Duration request,
    Duration idle,
    Duration write,
    int maxLineBytes,
    int maxHeaderBytes,
    int maxMessageBytes) {

  /** For pages, which need no body. Some clients send one all the same. */
  static final int MAX_IGNORED_BODY_BYTES = 64 << 10;

  private static final int JSON_OVERHEAD_BYTES = 64 << 10;

  /** The usual ones around a largest message. */
  public static HttpLimits forMessagesUpTo(int maxMessageBytes) {
    return new HttpLimits(
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofMinutes(10),
        Duration.ofSeconds(60),
        4 << 10,
        16 << 10,
        maxMessageBytes);
  }

  /** The largest message as JSON: base64 takes a third more, and names and blanks some more. */
  int maxJsonBytes() {
    return (int) Math.min(Integer.MAX_VALUE - 8, 2L * maxMessageBytes + JSON_OVERHEAD_BYTES);
  }

  /** What two of the largest requests hold while they arrive. */
  public long maxBytesInArrival() {
    return 2L * GatewayCall.BODY_COPIES * maxJsonBytes();
  }
}
