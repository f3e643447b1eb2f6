package dev.jangada.server.upkeep;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What members ask each other to find out whether they still have the same, and what they reply.
 * Numbers are big-endian:
 *
 * <pre>
 * question = 1:i8 revision:i64                  ; the hash of all versions up to a revision?
 * reply    = 1:i8 compacted:i64 hash:i64        ; the compacted revision, and the hash
 *          | 2:i8                               ; there is none: it is compacted, or yet to come
 *          | 3:i8                               ; the store cannot be read
 * </pre>
 */
sealed interface HashMessage {

  /** Asks for the hash of all versions that can be read up to a revision. */
  record Question(long revision) implements HashMessage {}

  /** A reply. */
  sealed interface Reply extends HashMessage {}

  /**
   * The hash.
   *
   * @param compactedRevision the compacted revision when it was computed; hashes of one revision
   *     compare only where these are equal
   * @param hash an unsigned 32-bit number
   */
  record Hash(long compactedRevision, long hash) implements Reply {}

  /** There is no hash of that revision. */
  record NoHash() implements Reply {}

  /** The store cannot be read. */
  record Unreadable() implements Reply {}

  /** The bytes of a question. */
  static byte[] encode(Question question) {
    return ByteBuffer.allocate(1 + Long.BYTES).put((byte) 1).putLong(question.revision()).array();
  }

  /** The bytes of a reply. */
  static byte[] encode(Reply reply) {
    return switch (reply) {
      case Hash(long compactedRevision, long hash) ->
          ByteBuffer.allocate(1 + 2 * Long.BYTES)
              .put((byte) 1)
              .putLong(compactedRevision)
              .putLong(hash)
              .array();
      case NoHash none -> new byte[] {2};
      case Unreadable unreadable -> new byte[] {3};
    };
  }

  /**
   * Reads a question.
   *
   * @throws IOException if the bytes are none
   */
  static Question decodeQuestion(byte[] bytes) throws IOException {
    if (bytes.length != 1 + Long.BYTES || bytes[0] != 1) {
      throw new IOException("a question that this member does not know");
    }
    return new Question(ByteBuffer.wrap(bytes).getLong(1));
  }

  /**
   * Reads a reply.
   *
   * @throws IOException if the bytes are none
   */
  static Reply decodeReply(byte[] bytes) throws IOException {
    if (bytes.length == 1 + 2 * Long.BYTES && bytes[0] == 1) {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new Hash(in.getLong(1), in.getLong(1 + Long.BYTES));
    }
    if (bytes.length == 1 && bytes[0] == 2) {
      return new NoHash();
    }
    if (bytes.length == 1 && bytes[0] == 3) {
      return new Unreadable();
    }
    throw new IOException("a reply that this member does not know");
  }
}
