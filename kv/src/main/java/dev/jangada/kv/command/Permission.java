package dev.jangada.kv.command;

import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.Coded;
import dev.jangada.kv.bytes.MalformedEncodingException;

/**
 * What a role allows to be done with some keys.
 *
 * @param type what is allowed
 * @param key first key, see {@link KeyRange}
 * @param rangeEnd end of the range; empty for a single key
 */
public record Permission(Type type, Bytes key, Bytes rangeEnd) {

  private static final Type[] TYPES = Type.values();

  /** What may be done. */
  public enum Type implements Coded {
    READ(0),
    WRITE(1),
    READWRITE(2);

    private final int code;

    Type(int code) {
      this.code = code;
    }

    @Override
    public int code() {
      return code;
    }

    /** Whether reading is part of it. */
    public boolean reads() {
      return this != WRITE;
    }

    /** Whether writing is part of it. */
    public boolean writes() {
      return this != READ;
    }
  }

  /** The keys that it is about. */
  public KeyRange keys() {
    return KeyRange.of(key, rangeEnd);
  }

  /** Appends type, key and end of the range. */
  public void writeTo(ByteWriter out) {
    out.oneByte(type.code()).bytes(key).bytes(rangeEnd);
  }

  /** Reads what {@link #writeTo} wrote. */
  public static Permission readFrom(ByteReader in) throws MalformedEncodingException {
    return new Permission(in.constant(TYPES), in.bytes(), in.bytes());
  }

  /** Whether it is about these keys, named in the same way. */
  public boolean isAbout(Bytes otherKey, Bytes otherRangeEnd) {
    return key.equals(otherKey) && rangeEnd.equals(otherRangeEnd);
  }
}
