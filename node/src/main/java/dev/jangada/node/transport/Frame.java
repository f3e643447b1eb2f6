package dev.jangada.node.transport;

import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Message;
import dev.jangada.raft.MessageCodec;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What surrounds a message on a connection; numbers are big-endian:
 *
 * <pre>
 * frame    = length checksum message
 * length   = int32                ; of the message in bytes
 * checksum = int32                ; CRC32C of the message
 * message  =                      ; {@link MessageCodec}
 * </pre>
 *
 * <p>The checksum is there because TCP's sixteen bits let damage through now and then, and what is
 * damaged between two nodes is written to one's log as if the leader had said it.
 */
final class Frame {

  static final int HEADER_BYTES = 2 * Integer.BYTES;

  private Frame() {}

  /** Writes a message of a known encoded size at the buffer's position, with its frame. */
  static void encode(Message message, int messageBytes, ByteBuffer out) {
    int start = out.position();
    out.position(start + HEADER_BYTES);
    MessageCodec.encode(message, out);
    ByteBuffer encoded = out.slice(start + HEADER_BYTES, messageBytes);
    out.putInt(start, messageBytes).putInt(start + Integer.BYTES, checksum(encoded));
  }

  /** Reads the message that takes up the whole buffer. */
  static Message decode(ByteBuffer message, int checksum) throws MalformedMessageException {
    if (checksum(message.duplicate()) != checksum) {
      throw new MalformedMessageException(
          "the checksum of a message of " + message.remaining() + " bytes does not match");
    }
    return MessageCodec.decode(message);
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
