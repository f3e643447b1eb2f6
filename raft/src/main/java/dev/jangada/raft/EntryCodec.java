package dev.jangada.raft;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of an {@link Entry}, the same on disk and on the wire.
 *
 * <p>The format, version {@value #VERSION}; numbers are big-endian:
 *
 * <pre>
 * entry    = index term type proposer sequence length data
 * index    = int64              ; at least 1
 * term     = int64              ; at least 1
 * type     = int8               ; {@link EntryType#code()}
 * proposer = int64
 * sequence = int64
 * length   = int32              ; at least 0; 0 for a no-op
 * data     = length * int8      ; of a configuration {@link MembershipCodec}'s
 * </pre>
 *
 * <p>There is exactly one encoding of each entry: bytes that decode are the bytes that encoding the
 * result gives again. Nothing here protects the bytes against damage; whoever stores them adds a
 * checksum. Whoever keeps them longer than a connection lasts also keeps {@link #VERSION}.
 *
 * <p>Fixed-width numbers rather than variable ones: {@value #HEADER_BYTES} bytes beside a command
 * of some hundred are little, the size of an entry is known without a look at it, and ids are often
 * hashes, which variable widths make longer.
 *
 * <p>Stateless and safe for use by several threads; buffers are used by one at a time.
 */
public final class EntryCodec {

  /** Version of the format; changes whenever bytes mean something else than they used to. */
  public static final int VERSION = 2;

  /** What the encoding of an entry takes besides its data. */
  public static final int HEADER_BYTES = 8 + 8 + 1 + 8 + 8 + 4;

  private EntryCodec() {}

  /**
   * How many bytes {@link #encode} will write.
   *
   * @throws ArithmeticException if they are more than an {@code int} counts
   */
  public static int encodedSize(Entry entry) {
    return Math.addExact(HEADER_BYTES, entry.data().length);
  }

  /**
   * Writes an entry at the buffer's position and moves the position behind it.
   *
   * @param out a big-endian buffer
   * @throws java.nio.BufferOverflowException if fewer than {@link #encodedSize} bytes remain
   * @throws IllegalArgumentException if the buffer is little-endian
   */
  public static void encode(Entry entry, ByteBuffer out) {
    requireBigEndian(out);
    out.putLong(entry.index())
        .putLong(entry.term())
        .put(entry.type().code())
        .putLong(entry.proposer())
        .putLong(entry.sequence())
        .putInt(entry.data().length)
        .put(entry.data());
  }

  /**
   * Reads the entry at the buffer's position and moves the position behind it. The entry's data is
   * a copy; nothing is allocated before its length has been found to fit into what remains.
   *
   * @param in a big-endian buffer that may hold more after the entry
   * @throws MalformedMessageException if the bytes are not an entry; the position is then anywhere
   * @throws IllegalArgumentException if the buffer is little-endian
   */
  public static Entry decode(ByteBuffer in) throws MalformedMessageException {
    requireBigEndian(in);
    int start = in.position();
    if (in.remaining() < HEADER_BYTES) {
      throw malformed(start, "needs at least " + HEADER_BYTES + " bytes, has " + in.remaining());
    }
    long index = in.getLong();
    long term = in.getLong();
    byte typeCode = in.get();
    long proposer = in.getLong();
    long sequence = in.getLong();
    int length = in.getInt();
    if (index < 1 || term < 1) {
      throw malformed(
          start, "has index " + index + " and term " + term + ", both must be positive");
    }
    EntryType type = EntryType.ofCode(typeCode);
    if (type == null) {
      throw malformed(start, "has the unknown type " + typeCode);
    }
    if (type == EntryType.NOOP && length != 0) {
      throw malformed(start, "is a no-op and claims to have " + length + " bytes of data");
    }
    byte[] data = readData(in, length);
    if (type == EntryType.CONFIGURATION) {
      MembershipCodec.decode(data);
    }
    return new Entry(index, term, type, proposer, sequence, data);
  }

  /** Reads bytes whose length came from outside: checked before anything is allocated. */
  static byte[] readData(ByteBuffer in, int length) throws MalformedMessageException {
    if (length < 0 || length > in.remaining()) {
      throw new MalformedMessageException(
          "data of "
              + length
              + " bytes at offset "
              + in.position()
              + ", where "
              + in.remaining()
              + " remain");
    }
    byte[] data = new byte[length];
    in.get(data);
    return data;
  }

  static void requireBigEndian(ByteBuffer buffer) {
    if (buffer.order() != ByteOrder.BIG_ENDIAN) {
      throw new IllegalArgumentException("the buffer must be big-endian");
    }
  }

  private static MalformedMessageException malformed(int offset, String what) {
    return new MalformedMessageException("entry at offset " + offset + " " + what);
  }
}
