package dev.jangada.node.session;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Numbers in as few bytes as they need: seven bits a byte, least significant first, the high bit
 * set on all but the last.
 */
final class Leb128 {

  private Leb128() {}

  /** Appends a number that is not negative. */
  static void write(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7f) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /** Reads numbers and the bytes between them; refuses whatever {@link #write} does not write. */
  static final class Reader {
    private final byte[] bytes;
    private int position;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    int oneByte() {
      if (position == bytes.length) {
        throw new IllegalArgumentException("ends at byte " + position + ", in the middle");
      }
      return bytes[position++] & 0xff;
    }

    /** A number that is not negative. */
    long number() {
      int start = position;
      long value = 0;
      for (int shift = 0; shift < 63; shift += 7) {
        int next = oneByte();
        value |= (long) (next & 0x7f) << shift;
        if (next < 0x80) {
          if (next == 0 && shift > 0) {
            break;
          }
          return value;
        }
      }
      throw new IllegalArgumentException("no number at byte " + start);
    }

    /** So many bytes, of which there is no more than what is left. */
    byte[] bytes(long length) {
      if (length > bytes.length - position) {
        throw new IllegalArgumentException(
            length + " bytes announced at byte " + position + " of " + bytes.length);
      }
      byte[] found = Arrays.copyOfRange(bytes, position, position + (int) length);
      position += (int) length;
      return found;
    }

    /** All bytes that are left. */
    byte[] rest() {
      return bytes(bytes.length - position);
    }

    /** Checks that nothing is left. */
    void end() {
      if (position != bytes.length) {
        throw new IllegalArgumentException(
            (bytes.length - position) + " bytes too many from byte " + position + " on");
      }
    }
  }
}
