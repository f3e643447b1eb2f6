package dev.jangada.kv.bytes;

import java.util.Arrays;

/**
 * Appends the elements that encoded commands, results and records are made of.
 *
 * <pre>
 * number  LEB128: seven bits a byte, least significant first, high bit set on all but the last;
 *         negative numbers as their 64-bit two's complement, in ten bytes
 * bytes   number (length), then as many bytes
 * </pre>
 */
public final class ByteWriter {

  private byte[] buffer;
  private int length;

  /** Begins with nothing; more than what is expected costs a copy. */
  public ByteWriter(int expectedBytes) {
    buffer = new byte[expectedBytes];
  }

  /** Appends the low eight bits. */
  public ByteWriter oneByte(int value) {
    ensure(1);
    buffer[length++] = (byte) value;
    return this;
  }

  /** Appends a number, the smaller the shorter. */
  public ByteWriter number(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      buffer[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[length++] = (byte) rest;
    return this;
  }

  /** Appends bytes and, before them, their length. */
  public ByteWriter bytes(Bytes value) {
    number(value.length());
    return raw(value.array());
  }

  /** Appends text as the bytes of its UTF-8. */
  public ByteWriter text(String value) {
    return bytes(Bytes.utf8(value));
  }

  /** The bytes alone, without their length. */
  public ByteWriter raw(byte[] value) {
    ensure(value.length);
    System.arraycopy(value, 0, buffer, length, value.length);
    length += value.length;
    return this;
  }

  /** All that was appended. Not to be changed if more is going to be. */
  public byte[] toByteArray() {
    return length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
  }

  private void ensure(int more) {
    if (buffer.length - length < more) {
      buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(length, more), buffer.length * 2));
    }
  }
}
