package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.MembershipCodec;
import dev.jangada.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a snapshot's file.
 *
 * <pre>
 * file    := header block* trailer
 * header  := magic:u64  version:u32  blockBytes:u32  lastIndex:i64  lastTerm:i64
 *            length:u32  membership:byte[length]  zero*  checksum:u32         (4096 bytes in all)
 * block   := data:byte[blockBytes]  checksum:u32               (the last one may be shorter)
 * trailer := size:i64  checksum:u32
 * </pre>
 *
 * <p>Numbers are little-endian. Checksums are CRC32C: the header's of the bytes before it; a
 * block's of the header's checksum, the number of the block from 0, and its data; the trailer's of
 * the header's checksum, -1, and the size, which is that of all data. So each byte of the file is
 * covered, and a block that belongs to another place or another snapshot is recognised.
 */
final class SnapshotFormat {

  static final int HEADER_BYTES = 4096;

  /** Where the membership begins. */
  private static final int MEMBERSHIP_OFFSET = 36;

  static final int TRAILER_BYTES = 12;
  static final int CHECKSUM_BYTES = 4;

  /** Data between two checksums. */
  static final int BLOCK_BYTES = 64 << 10;

  /** What a file is called until it is complete. */
  static final String UNFINISHED_SUFFIX = ".snapshot.tmp";

  private static final long MAGIC = 0x31534e53_44474e4aL; // "JNGDSNS1"
  private static final int VERSION = 2;

  /** Size of the header of version 1, which knew no memberships. */
  private static final int HEADER_BYTES_1 = 36;

  private static final Pattern NAME = Pattern.compile("(\\d{19})-(\\d{19})\\.snapshot");

  private SnapshotFormat() {}

  /** What a file of a snapshot is called: index and term of the last entry, to sort by. */
  static String fileName(EntryId last) {
    return String.format(Locale.ROOT, "%019d-%019d.snapshot", last.index(), last.term());
  }

  /** The last entry of the snapshot in a file; null if the name is not that of one. */
  static @Nullable EntryId lastOf(String fileName) {
    Matcher matcher = NAME.matcher(fileName);
    return matcher.matches()
        ? new EntryId(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)))
        : null;
  }

  static ByteBuffer header(SnapshotMetadata snapshot) {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(MAGIC).putInt(VERSION).putInt(BLOCK_BYTES);
    header.putLong(snapshot.last().index()).putLong(snapshot.last().term());
    byte[] membership = MembershipCodec.encode(snapshot.membership());
    header.putInt(membership.length).put(membership);
    header.putInt(HEADER_BYTES - CHECKSUM_BYTES, headerChecksum(header));
    return header.clear();
  }

  /** The checksum of a header, whatever stands in its place. */
  static int headerChecksum(ByteBuffer header) {
    return checksumOf(header, HEADER_BYTES - CHECKSUM_BYTES);
  }

  private static int checksumOf(ByteBuffer header, int bytes) {
    CRC32C crc = new CRC32C();
    crc.update(header.slice(0, bytes));
    return (int) crc.getValue();
  }

  /**
   * Reads a header.
   *
   * @return what it tells of the snapshot; null if the bytes are not those of a header
   * @throws IOException if they are, but of another version
   */
  static @Nullable SnapshotMetadata decodeHeader(ByteBuffer header) throws IOException {
    header.order(ByteOrder.LITTLE_ENDIAN);
    if (header.remaining() >= HEADER_BYTES_1
        && header.getLong(0) == MAGIC
        && header.getInt(8) == 1
        && header.getInt(HEADER_BYTES_1 - CHECKSUM_BYTES)
            == checksumOf(header, HEADER_BYTES_1 - CHECKSUM_BYTES)) {
      throw new IOException(
          "the format of this snapshot has version 1, this software knows " + VERSION);
    }
    if (header.remaining() != HEADER_BYTES
        || header.getLong(0) != MAGIC
        || header.getInt(HEADER_BYTES - CHECKSUM_BYTES) != headerChecksum(header)) {
      return null;
    }
    if (header.getInt(8) != VERSION || header.getInt(12) != BLOCK_BYTES) {
      throw new IOException(
          "the format of this snapshot has version "
              + header.getInt(8)
              + ", this software knows "
              + VERSION);
    }
    int length = header.getInt(MEMBERSHIP_OFFSET - Integer.BYTES);
    if (length < 0 || length > MembershipCodec.MAX_BYTES) {
      return null;
    }
    byte[] membership = new byte[length];
    header.get(MEMBERSHIP_OFFSET, membership);
    try {
      return new SnapshotMetadata(
          new EntryId(header.getLong(16), header.getLong(24)), MembershipCodec.decode(membership));
    } catch (MalformedMessageException e) {
      return null;
    }
  }

  static ByteBuffer trailer(long size, int headerChecksum) {
    ByteBuffer trailer = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    trailer.putLong(size);
    return trailer.putInt(checksum(headerChecksum, -1, trailer.slice(0, Long.BYTES))).flip();
  }

  /** The size in a trailer; -1 if the bytes are not those of a trailer. */
  static long decodeTrailer(ByteBuffer trailer, int headerChecksum) {
    trailer.order(ByteOrder.LITTLE_ENDIAN);
    if (trailer.remaining() != TRAILER_BYTES
        || trailer.getInt(Long.BYTES)
            != checksum(headerChecksum, -1, trailer.slice(0, Long.BYTES))) {
      return -1;
    }
    return trailer.getLong(0);
  }

  /** The checksum of a block's data, all that remains in the buffer. */
  static int checksum(int headerChecksum, long number, ByteBuffer data) {
    CRC32C crc = new CRC32C();
    ByteBuffer place = ByteBuffer.allocate(Integer.BYTES + Long.BYTES);
    crc.update(place.order(ByteOrder.LITTLE_ENDIAN).putInt(headerChecksum).putLong(number).flip());
    crc.update(data.duplicate());
    return (int) crc.getValue();
  }

  /** Where a block begins in the file. */
  static long blockOffset(long number) {
    return HEADER_BYTES + number * (BLOCK_BYTES + CHECKSUM_BYTES);
  }

  /** Where the trailer begins, in a file with that much data. */
  static long trailerOffset(long size) {
    long blocks = (size + BLOCK_BYTES - 1) / BLOCK_BYTES;
    return HEADER_BYTES + size + blocks * CHECKSUM_BYTES;
  }
}
