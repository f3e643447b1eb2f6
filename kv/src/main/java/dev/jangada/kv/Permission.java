package dev.jangada.kv;

/**
 * What a role allows to be done with some keys.
 *
 * @param type what is allowed
 * @param key first key, see {@link KeyRange}
 * @param rangeEnd end of the range; empty for a single key
 */
public record Permission(Type type, Bytes key, Bytes rangeEnd) {

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

    boolean reads() {
      return this != WRITE;
    }

    boolean writes() {
      return this != READ;
    }
  }

  /** The keys that it is about. */
  public KeyRange keys() {
    return KeyRange.of(key, rangeEnd);
  }

  /** Whether it is about these keys, named in the same way. */
  boolean isAbout(Bytes otherKey, Bytes otherRangeEnd) {
    return key.equals(otherKey) && rangeEnd.equals(otherRangeEnd);
  }
}
