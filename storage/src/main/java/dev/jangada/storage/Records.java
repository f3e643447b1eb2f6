package dev.jangada.storage;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The records inside the payload of a frame.
 *
 * <pre>
 * payload   := record* padding             (a multiple of 8 bytes)
 * record    := hardState | entry | discard | reset
 * base      := index:varint  term:varint  length:varint  membership:byte[length]
 * hardState := 0x01  term:varint  vote:i64
 * entry     := 0x02  type:u8  index:varint  term:varint  proposer:i64  sequence:i64
 *              length:varint  data:byte[length]
 * discard   := 0x03  base
 * reset     := 0x04  base
 * padding   := 0x00*
 * </pre>
 *
 * <p>Fixed-width numbers are little-endian; a varint has seven bits a byte, the lowest first, and
 * the top bit set in all bytes but the last. The type of an entry is {@link EntryType#code()}. All
 * of a frame's entries have ascending, contiguous indexes. A discard names the last of the entries,
 * from the first on, that are no longer part of the log; a reset says that no entry is, and after
 * which one the log goes on. Each of the two has a frame of its own, and tells the {@linkplain
 * dev.jangada.raft.MembershipCodec configuration} in force at that entry, unless there has never
 * been one in this log (length 0).
 */
final class Records {

  private static final byte END = 0;
  private static final byte HARD_STATE = 1;
  private static final byte ENTRY = 2;
  private static final byte DISCARD = 3;
  private static final byte RESET = 4;

  private static final EntryType[] TYPES = EntryType.values();

  private Records() {}

  /** What a record tells of. */
  enum Kind {
    HARD_STATE,
    ENTRY,
    DISCARD,
    RESET
  }

  static long size(HardState hardState) {
    return 1L + varintSize(hardState.term()) + Long.BYTES;
  }

  static long size(Entry entry) {
    return size(entry.index(), entry.term(), entry.data().length);
  }

  private static long size(long index, long term, int dataBytes) {
    return 2
        + varintSize(index)
        + varintSize(term)
        + 2 * Long.BYTES
        + varintSize(dataBytes)
        + (long) dataBytes;
  }

  /** Size of a record that moves the beginning of the log. */
  static long size(EntryId base, @Nullable Membership membership) {
    int bytes = membership == null ? 0 : MembershipCodec.size(membership);
    return 1L + varintSize(base.index()) + varintSize(base.term()) + varintSize(bytes) + bytes;
  }

  static void put(ByteBuffer target, HardState hardState) {
    target.put(HARD_STATE);
    putVarint(target, hardState.term());
    target.putLong(hardState.vote());
  }

  static void put(ByteBuffer target, Entry entry) {
    target.put(ENTRY).put(entry.type().code());
    putVarint(target, entry.index());
    putVarint(target, entry.term());
    target.putLong(entry.proposer()).putLong(entry.sequence());
    putVarint(target, entry.data().length);
    target.put(entry.data());
  }

  static void putDiscard(ByteBuffer target, EntryId base, @Nullable Membership membership) {
    putBase(target.put(DISCARD), base, membership);
  }

  static void putReset(ByteBuffer target, EntryId base, @Nullable Membership membership) {
    putBase(target.put(RESET), base, membership);
  }

  private static void putBase(ByteBuffer target, EntryId base, @Nullable Membership membership) {
    byte[] bytes = membership == null ? new byte[0] : MembershipCodec.encode(membership);
    putVarint(target, base.index());
    putVarint(target, base.term());
    putVarint(target, bytes.length);
    target.put(bytes);
  }

  private static int varintSize(long value) {
    return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7);
  }

  private static void putVarint(ByteBuffer target, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      target.put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    target.put((byte) rest);
  }

  /** A payload with a valid checksum that is nevertheless not what the grammar allows. */
  static final class MalformedRecordException extends Exception {

    private static final long serialVersionUID = 1L;

    MalformedRecordException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Walks over the records of a payload. After {@link #next()} {@link #kind()} says what there is:
   * a {@link #hardState()}, or {@link #index()} and {@link #term()} of an entry, whose data is
   * copied only on {@link #entry()}.
   */
  static final class Reader {

    private final ByteBuffer payload;
    private Kind kind = Kind.HARD_STATE;
    private HardState hardState = HardState.INITIAL;
    private long index;
    private long term;
    private EntryType type = EntryType.NOOP;
    private long proposer;
    private long sequence;
    private @Nullable Membership membership;
    private int dataPosition;
    private int dataLength;

    /** Reads from the payload's position to its limit, moving the position. */
    Reader(ByteBuffer payload) {
      this.payload = payload;
    }

    /** Moves to the next record; false after the last. */
    boolean next() throws MalformedRecordException {
      if (!payload.hasRemaining()) {
        return false;
      }
      try {
        byte code = payload.get();
        switch (code) {
          case END -> {
            return false;
          }
          case HARD_STATE -> {
            kind = Kind.HARD_STATE;
            hardState = new HardState(varint(), payload.getLong());
          }
          case ENTRY -> {
            kind = Kind.ENTRY;
            readEntry();
          }
          case DISCARD, RESET -> {
            kind = code == DISCARD ? Kind.DISCARD : Kind.RESET;
            index = varint();
            term = varint();
            if (index < 1 || term < 1) {
              throw new MalformedRecordException("impossible base " + index + "@" + term, null);
            }
            readBaseMembership();
          }
          default -> throw new MalformedRecordException("unknown record kind " + code, null);
        }
        return true;
      } catch (BufferUnderflowException | IllegalArgumentException failure) {
        throw new MalformedRecordException("impossible record: " + failure, failure);
      }
    }

    private void readBaseMembership() throws MalformedRecordException {
      long length = varint();
      if (length < 0 || length > payload.remaining()) {
        throw new MalformedRecordException("impossible membership of " + length + " bytes", null);
      }
      dataPosition = payload.position();
      dataLength = (int) length;
      payload.position(dataPosition + dataLength);
      membership = length == 0 ? null : decodeMembership();
    }

    private Membership decodeMembership() throws MalformedRecordException {
      byte[] bytes = new byte[dataLength];
      payload.get(dataPosition, bytes);
      try {
        return MembershipCodec.decode(bytes);
      } catch (MalformedMessageException failure) {
        throw new MalformedRecordException(String.valueOf(failure.getMessage()), failure);
      }
    }

    private void readEntry() throws MalformedRecordException {
      byte code = payload.get();
      type = type(code);
      index = varint();
      term = varint();
      proposer = payload.getLong();
      sequence = payload.getLong();
      long length = varint();
      if (index < 1 || term < 1 || length < 0 || length > payload.remaining()) {
        throw new MalformedRecordException(
            "impossible entry " + index + "@" + term + " of " + length + " bytes", null);
      }
      dataPosition = payload.position();
      dataLength = (int) length;
      payload.position(dataPosition + dataLength);
      membership = type == EntryType.CONFIGURATION ? decodeMembership() : null;
    }

    private static EntryType type(byte code) throws MalformedRecordException {
      for (EntryType type : TYPES) {
        if (type.code() == code) {
          return type;
        }
      }
      throw new MalformedRecordException("unknown entry type " + code, null);
    }

    private long varint() throws MalformedRecordException {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE; shift += 7) {
        byte next = payload.get();
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw new MalformedRecordException("a number without end", null);
    }

    Kind kind() {
      return kind;
    }

    HardState hardState() {
      return hardState;
    }

    long index() {
      return index;
    }

    long term() {
      return term;
    }

    /** Index and term of an entry, a discard or a reset. */
    EntryId id() {
      return new EntryId(index, term);
    }

    /**
     * The configuration that an entry holds, or that is in force at the base of a discard or reset;
     * null if there is none.
     */
    @Nullable Membership membership() {
      return membership;
    }

    /** Size of the entry's record. */
    long bytes() {
      return size(index, term, dataLength);
    }

    Entry entry() throws MalformedRecordException {
      byte[] data = new byte[dataLength];
      payload.get(dataPosition, data);
      try {
        return new Entry(index, term, type, proposer, sequence, data);
      } catch (IllegalArgumentException failure) {
        throw new MalformedRecordException("impossible entry: " + failure.getMessage(), failure);
      }
    }
  }
}
