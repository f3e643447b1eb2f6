package dev.jangada.kv.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;

/**
 * Reads what {@link ByteWriter} wrote. Trusts nothing: whatever the bytes are, the outcome is a
 * value or a {@link MalformedEncodingException}, and nothing larger than the input is allocated.
 */
public final class ByteReader {

  private final byte[] buffer;
  private int position;

  /** Begins at the first byte. The bytes are not copied, and must not change. */
  public ByteReader(byte[] buffer) {
    this.buffer = buffer;
  }

  /** The next byte, 0 to 255. */
  public int oneByte() throws MalformedEncodingException {
    if (position == buffer.length) {
      throw new MalformedEncodingException("ends at byte " + position + " in the middle");
    }
    return buffer[position++] & 0xff;
  }

  /** A byte of flags of which only those in the mask are known. */
  public int flags(int mask) throws MalformedEncodingException {
    int flags = oneByte();
    if ((flags & ~mask) != 0) {
      throw new MalformedEncodingException(
          "unknown flags 0x" + Integer.toHexString(flags) + " at byte " + (position - 1));
    }
    return flags;
  }

  /** The next number, of up to 64 bits. */
  public long number() throws MalformedEncodingException {
    int start = position;
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = oneByte();
      value |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        // The tenth byte holds the one bit that is left.
        if (shift == 63 && b > 1) {
          break;
        }
        return value;
      }
    }
    throw new MalformedEncodingException("number of more than 64 bits at byte " + start);
  }

  /**
   * How many elements follow, each of which takes a byte or more: so more than there are bytes left
   * is refused before anything is allocated for them.
   */
  public int count() throws MalformedEncodingException {
    int start = position;
    long count = number();
    if (count < 0 || count > remaining()) {
      throw new MalformedEncodingException(
          "length "
              + Long.toUnsignedString(count)
              + " at byte "
              + start
              + " with "
              + remaining()
              + " bytes left");
    }
    return (int) count;
  }

  /** As many bytes as the number before them says. */
  public Bytes bytes() throws MalformedEncodingException {
    int length = count();
    byte[] value = Arrays.copyOfRange(buffer, position, position + length);
    position += length;
    return Bytes.wrap(value);
  }

  /** Bytes that are UTF-8. */
  public String text() throws MalformedEncodingException {
    return text(Integer.MAX_VALUE);
  }

  /** Bytes that are UTF-8, of at most so many characters. */
  public String text(int maxCharacters) throws MalformedEncodingException {
    int start = position;
    int length = count();
    try {
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(buffer, position, length)).toString();
      if (text.length() > maxCharacters) {
        throw new MalformedEncodingException(
            "text of " + text.length() + " characters at byte " + start);
      }
      position += length;
      return text;
    } catch (CharacterCodingException e) {
      throw new MalformedEncodingException("text that is not UTF-8 at byte " + start);
    }
  }

  /** All bytes that are left. */
  public Bytes rest() {
    byte[] value = Arrays.copyOfRange(buffer, position, buffer.length);
    position = buffer.length;
    return Bytes.wrap(value);
  }

  /** The constant whose code the next byte is. */
  public <E extends Enum<E> & Coded> E constant(E[] constants) throws MalformedEncodingException {
    int code = oneByte();
    for (E constant : constants) {
      if (constant.code() == code) {
        return constant;
      }
    }
    throw new MalformedEncodingException(
        "unknown "
            + constants[0].getDeclaringClass().getSimpleName()
            + " "
            + code
            + " at byte "
            + (position - 1));
  }

  /** Makes sure that nothing is left. */
  public void end() throws MalformedEncodingException {
    if (remaining() != 0) {
      throw new MalformedEncodingException(
          remaining() + " bytes too many from byte " + position + " on");
    }
  }

  private int remaining() {
    return buffer.length - position;
  }
}
