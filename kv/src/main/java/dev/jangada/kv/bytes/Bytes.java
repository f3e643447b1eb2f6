package dev.jangada.kv.bytes;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sequence of bytes: a key or a value. Ordered as unsigned bytes, lexicographically,
 * which is the order of keys everywhere in the store.
 *
 * <p>The array is shared rather than copied, in and out: whoever wraps one, or asks for it, must
 * not modify it. Safe for use by several threads.
 */
public final class Bytes implements Comparable<Bytes> {

  /** No bytes: what stands for an absent range end, and a legal value of a key. */
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private final byte[] array;

  private Bytes(byte[] array) {
    this.array = array;
  }

  /** The given bytes, not copied. */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array);
  }

  /** The bytes of a text in UTF-8. */
  public static Bytes utf8(String text) {
    return wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes themselves, not a copy: only to be read. */
  public byte[] array() {
    return array;
  }

  /** Number of bytes. */
  public int length() {
    return array.length;
  }

  /** Whether there are no bytes. */
  public boolean isEmpty() {
    return array.length == 0;
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(array, other.array);
  }

  @Override
  public boolean equals(@Nullable Object object) {
    return object instanceof Bytes other && Arrays.equals(array, other.array);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(array);
  }

  /** Printable ASCII as it is, everything else as {@code \xNN}; cut after 64 bytes. */
  @Override
  public String toString() {
    int shown = Math.min(array.length, 64);
    StringBuilder text = new StringBuilder(shown + 2);
    for (int i = 0; i < shown; i++) {
      int b = array[i] & 0xff;
      if (b >= 0x20 && b < 0x7f && b != '\\') {
        text.append((char) b);
      } else {
        text.append(String.format("\\x%02x", b));
      }
    }
    return shown < array.length
        ? text.append("… (").append(array.length).append(" B)").toString()
        : text.toString();
  }
}
