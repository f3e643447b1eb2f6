package dev.jangada.kv.backup;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32C;

/** What the writer and the reader of backups have to agree on. */
final class BackupFormat {

  static final long MAGIC = 0x4a41_4e47_4442_4b50L; // "JANGDBKP"
  static final byte FORMAT = 1;

  /** Magic, format, applied index, revision. */
  static final int HEADER_BYTES = 3 * Long.BYTES + 1;

  static final int CHECKSUM_BYTES = Integer.BYTES;

  /** Length and checksum of a piece. */
  static final int PIECE_HEADER_BYTES = Integer.BYTES + CHECKSUM_BYTES;

  /** A length and the number of records. */
  static final int END_BYTES = Integer.BYTES + Long.BYTES;

  static final int HASH_BYTES = 32;

  /** What comes before the hash is a multiple of this: etcdctl takes anything else for cut off. */
  private static final int BLOCK_BYTES = 512;

  private BackupFormat() {}

  /** Bytes between the end, which ends at a position, and the hash. */
  static int paddingAfter(long position) {
    return (int) (-position & BLOCK_BYTES - 1);
  }

  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  static MessageDigest newHash() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
