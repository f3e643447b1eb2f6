package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first page of a segment: whose log it belongs to, where in it, and what stands before it.
 *
 * <pre>
 * header := magic:u64  version:u32  segmentBytes:u32  clusterId:i64  nodeId:i64  sequence:i64
 *           previousEnd:u32  previousChecksum:u32  term:i64  vote:i64  lastIndex:i64  lastTerm:i64
 *           baseIndex:i64  baseTerm:i64  incarnation:i64  length:u32  membership:byte[length]
 *           checksum:u32  unused                                        (4096 bytes in all)
 * </pre>
 *
 * <p>Numbers are little-endian; the checksum is the CRC32C of the bytes before it. The page beyond
 * the checksum is not used: frames begin on a page of their own, so that no later write touches the
 * header's.
 *
 * @param segmentBytes size of the file
 * @param clusterId whose log this is
 * @param nodeId whose log this is
 * @param sequence number of the segment, 1 for the first
 * @param previousEnd where the frames of the segment before end, 0 for the first segment
 * @param previousChecksum checksum of its last frame, to which this segment is chained
 * @param hardState as of the end of the segment before
 * @param last the log's last entry as of there
 * @param base the last entry discarded as of there
 * @param baseMembership the configuration in force at {@code base}; null if the log has never had
 *     one
 * @param incarnation drawn at random when the log was begun, the same in all of its segments
 */
record SegmentHeader(
    int segmentBytes,
    long clusterId,
    long nodeId,
    long sequence,
    int previousEnd,
    int previousChecksum,
    HardState hardState,
    EntryId last,
    EntryId base,
    @Nullable Membership baseMembership,
    long incarnation) {

  /** Bytes from the beginning of a segment to its first frame. */
  static final int BYTES = 4096;

  /** What a file is called until it is complete enough to be a segment. */
  static final String UNFINISHED_SUFFIX = ".tmp";

  private static final long MAGIC = 0x314c4157_44474e4aL; // "JNGDWAL1"
  private static final int VERSION = 3;

  /** Where the membership begins; its length stands before it, and the checksum behind it. */
  private static final int MEMBERSHIP_OFFSET = 108;

  /** Where version 1, which knew no base, has its checksum, and version 2, without memberships. */
  private static final int CHECKSUM_OFFSET_1 = 80;

  private static final int CHECKSUM_OFFSET_2 = 96;

  private static final Pattern NAME = Pattern.compile("(\\d{10})-(\\d{19})\\.wal");

  /** The header was written by software that this one does not know. */
  static final class UnknownVersionException extends IOException {

    private static final long serialVersionUID = 1L;

    UnknownVersionException(String message) {
      super(message);
    }
  }

  /**
   * The name of the segment's file: its sequence number, and the index that follows the log's end
   * at its beginning, both padded so that names sort as numbers do.
   */
  String fileName() {
    return String.format(Locale.ROOT, "%010d-%019d.wal", sequence, last.index() + 1);
  }

  /** The sequence number in a segment's name; -1 if the name is not that of a segment. */
  static long sequenceOf(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
  }

  /** The header's page, ready to be written. */
  ByteBuffer encode() {
    ByteBuffer page = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    page.putLong(MAGIC).putInt(VERSION).putInt(segmentBytes);
    page.putLong(clusterId).putLong(nodeId).putLong(sequence);
    page.putInt(previousEnd).putInt(previousChecksum);
    page.putLong(hardState.term()).putLong(hardState.vote());
    page.putLong(last.index()).putLong(last.term());
    page.putLong(base.index()).putLong(base.term()).putLong(incarnation);
    byte[] membership =
        baseMembership == null ? new byte[0] : MembershipCodec.encode(baseMembership);
    page.putInt(membership.length).put(membership);
    page.putInt(checksumOf(page, page.position()));
    return page.clear();
  }

  /** The checksum of the header: what the frames of this very segment are tied to. */
  int checksum() {
    int bytes = baseMembership == null ? 0 : MembershipCodec.size(baseMembership);
    return checksumOf(encode(), MEMBERSHIP_OFFSET + bytes);
  }

  private static int checksumOf(ByteBuffer page, int bytes) {
    CRC32C crc = new CRC32C();
    crc.update(page.slice(0, bytes));
    return (int) crc.getValue();
  }

  /**
   * Reads a header.
   *
   * @return null if the bytes are not those of a header
   * @throws UnknownVersionException if they are, but of another version
   */
  static @Nullable SegmentHeader decode(ByteBuffer page) throws UnknownVersionException {
    if (page.limit() < BYTES) {
      return null;
    }
    page.order(ByteOrder.LITTLE_ENDIAN).position(0);
    if (page.getLong() != MAGIC) {
      return null;
    }
    int version = page.getInt();
    int length = page.getInt(MEMBERSHIP_OFFSET - Integer.BYTES);
    if (version > 2 && (length < 0 || length > MembershipCodec.MAX_BYTES)) {
      return null;
    }
    int checked =
        switch (version) {
          case 1 -> CHECKSUM_OFFSET_1;
          case 2 -> CHECKSUM_OFFSET_2;
          default -> MEMBERSHIP_OFFSET + length;
        };
    if (page.getInt(checked) != checksumOf(page, checked)) {
      return null;
    }
    if (version != VERSION) {
      throw new UnknownVersionException(
          "the format of this log has version " + version + ", this software knows " + VERSION);
    }
    int segmentBytes = page.getInt();
    long clusterId = page.getLong();
    long nodeId = page.getLong();
    long sequence = page.getLong();
    int previousEnd = page.getInt();
    int previousChecksum = page.getInt();
    HardState hardState = new HardState(page.getLong(), page.getLong());
    EntryId last = new EntryId(page.getLong(), page.getLong());
    EntryId base = new EntryId(page.getLong(), page.getLong());
    long incarnation = page.getLong();
    byte[] membership = new byte[length];
    page.get(MEMBERSHIP_OFFSET, membership);
    return new SegmentHeader(
        segmentBytes,
        clusterId,
        nodeId,
        sequence,
        previousEnd,
        previousChecksum,
        hardState,
        last,
        base,
        length == 0 ? null : decode(membership),
        incarnation);
  }

  private static Membership decode(byte[] membership) throws UnknownVersionException {
    try {
      return MembershipCodec.decode(membership);
    } catch (MalformedMessageException unknown) {
      throw new UnknownVersionException(
          "the header of the segment is intact and yet not possible: " + unknown.getMessage());
    }
  }
}
