package dev.jangada.kv;

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
final class ByteWriter {

  private byte[] buffer;
  private int length;

  ByteWriter(int expectedBytes) {
    buffer = new byte[expectedBytes];
  }

  ByteWriter oneByte(int value) {
    ensure(1);
    buffer[length++] = (byte) value;
    return this;
  }

  ByteWriter number(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      buffer[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[length++] = (byte) rest;
    return this;
  }

  ByteWriter bytes(Bytes value) {
    number(value.length());
    return raw(value.array());
  }

  /** The bytes alone, without their length. */
  ByteWriter raw(byte[] value) {
    ensure(value.length);
    System.arraycopy(value, 0, buffer, length, value.length);
    length += value.length;
    return this;
  }

  byte[] toByteArray() {
    return length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
  }

  private void ensure(int more) {
    if (buffer.length - length < more) {
      buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(length, more), buffer.length * 2));
    }
  }
}
