package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;

/**
 * The keys that a request is about.
 *
 * @param key the first one
 * @param end the first one that is not meant any more; empty for one key, a zero byte for no end
 */
record KeyRange(ByteString key, ByteString end) {

  /** The zero byte: as a key the first one of all, as an end none. */
  static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

  static KeyRange of(String key, String end) {
    return new KeyRange(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(end));
  }

  /** All keys that begin so. */
  static KeyRange prefix(String prefix) {
    ByteString bytes = ByteString.copyFromUtf8(prefix);
    return bytes.isEmpty() ? all() : new KeyRange(bytes, endOfPrefix(bytes));
  }

  /** All keys from this one on. */
  static KeyRange from(String key) {
    return key.isEmpty() ? all() : new KeyRange(ByteString.copyFromUtf8(key), ZERO);
  }

  private static KeyRange all() {
    return new KeyRange(ZERO, ZERO);
  }

  /** The first key after all that begin so: the last byte that can be, is increased. */
  static ByteString endOfPrefix(ByteString prefix) {
    for (int last = prefix.size() - 1; last >= 0; last--) {
      byte value = prefix.byteAt(last);
      if (value != (byte) 0xff) {
        return prefix
            .substring(0, last)
            .concat(ByteString.copyFrom(new byte[] {(byte) (value + 1)}));
      }
    }
    return ZERO;
  }
}
