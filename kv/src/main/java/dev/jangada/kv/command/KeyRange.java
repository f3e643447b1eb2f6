package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a request's {@code key} and {@code rangeEnd} name, by the API's conventions:
 *
 * <ul>
 *   <li>no range end (no bytes): the one key;
 *   <li>a range end of one zero byte: the key and all after it, so that key and range end of one
 *       zero byte each name every key there can be;
 *   <li>any other range end: from the key up to but not including the range end, which is nothing
 *       where the range end does not follow the key.
 * </ul>
 *
 * @param from first key of the range
 * @param to first key after the range; null if the range has no end
 */
public record KeyRange(Bytes from, @Nullable Bytes to) {

  private static final Bytes NO_END = Bytes.wrap(new byte[1]);

  /** The keys named by a request. */
  public static KeyRange of(Bytes key, Bytes rangeEnd) {
    if (rangeEnd.isEmpty()) {
      return new KeyRange(key, Bytes.wrap(Arrays.copyOf(key.array(), key.length() + 1)));
    }
    return new KeyRange(key, rangeEnd.equals(NO_END) ? null : rangeEnd);
  }

  /**
   * The range end that names all keys with a prefix: the prefix with its last byte below 0xff
   * incremented and what follows dropped; the zero byte (no end) where there is no such byte.
   */
  public static Bytes prefixEnd(Bytes prefix) {
    byte[] bytes = prefix.array();
    for (int i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] != (byte) 0xff) {
        byte[] end = Arrays.copyOf(bytes, i + 1);
        end[i]++;
        return Bytes.wrap(end);
      }
    }
    return NO_END;
  }

  /** Whether no key can be in the range. */
  public boolean isEmpty() {
    return to != null && from.compareTo(to) >= 0;
  }

  /** Whether the key is in the range. */
  public boolean contains(Bytes key) {
    return from.compareTo(key) <= 0 && (to == null || key.compareTo(to) < 0);
  }
}
