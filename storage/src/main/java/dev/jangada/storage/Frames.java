package dev.jangada.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The framing of a segment: what is written, checked and found again as a whole.
 *
 * <pre>
 * frame    := magic:u32  payloadBytes:u32  payloadChecksum:u32  durable:u32  previous:u32
 *             checksum:u32  payload:byte[payloadBytes]
 * </pre>
 *
 * <p>Frames begin at multiples of 8. Numbers are little-endian.
 *
 * <ul>
 *   <li>{@code payloadChecksum} is the CRC32C of the payload, see {@link Records}.
 *   <li>{@code durable} is the offset up to which this segment was known to be durable when the
 *       frame was written: at most the frame's own.
 *   <li>{@code previous} is the checksum of the frame before, of the segment's header for the
 *       first.
 *   <li>{@code checksum} is the CRC32C of the five numbers before, mixed with the frame's offset
 *       and the checksum of the segment's header. Bytes of another segment, another log or another
 *       place are therefore never a frame, whatever they were once, and neither are frames that a
 *       client happens to store as its data.
 * </ul>
 *
 * <p>A frame without payload is a <em>proof</em>: written after a sync, it says nothing but how far
 * the segment is durable.
 */
final class Frames {

  static final int HEADER_BYTES = 24;

  static final int ALIGNMENT = 8;

  private static final int MAGIC = 0x4d52464a; // "JFRM"
  private static final int CHECKED_BYTES = 20;

  private Frames() {}

  /** A payload's size with its padding. */
  static long paddedSize(long bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** What ties a checksum to a place. */
  private static int mix(int segmentChecksum, long offset) {
    long mixed = (((long) segmentChecksum << 32) ^ offset) * 0x9e3779b97f4a7c15L;
    return (int) (mixed ^ mixed >>> 32);
  }

  /**
   * Completes a frame in a buffer whose payload has been written.
   *
   * @param buffer position and limit are changed
   * @param at where in the buffer the frame begins
   * @param end where in the buffer its payload ends
   * @param offset where in the segment the frame will begin
   * @return the frame's checksum
   */
  static int seal(
      ByteBuffer buffer,
      int at,
      int end,
      long offset,
      int segmentChecksum,
      int durable,
      int previous,
      CRC32C crc) {
    int payloadChecksum = crc32c(buffer, at + HEADER_BYTES, end, crc);
    buffer.limit(end);
    buffer.putInt(at, MAGIC);
    buffer.putInt(at + 4, end - at - HEADER_BYTES);
    buffer.putInt(at + 8, payloadChecksum);
    buffer.putInt(at + 12, durable);
    buffer.putInt(at + 16, previous);
    int checksum = crc32c(buffer, at, at + CHECKED_BYTES, crc) ^ mix(segmentChecksum, offset);
    buffer.limit(end);
    buffer.putInt(at + CHECKED_BYTES, checksum);
    return checksum;
  }

  private static int crc32c(ByteBuffer buffer, int from, int to, CRC32C crc) {
    crc.reset();
    buffer.limit(to).position(from);
    crc.update(buffer);
    return (int) crc.getValue();
  }

  /** Where frames are read from. */
  @FunctionalInterface
  interface Source {

    /** Reads at least one byte unless there is none at the position, at most what fits. */
    int read(ByteBuffer target, long position) throws IOException;
  }

  /** Reads frames of one segment, through a window that is as large as the largest frame. */
  static final class Reader {

    private final Source source;
    private final int segmentChecksum;
    private final long limit;
    private final CRC32C crc = new CRC32C();
    private ByteBuffer window;
    private long windowStart;

    private long offset;
    private int payloadBytes;
    private int payloadChecksum;
    private int durable;
    private int previous;
    private int checksum;

    /**
     * A reader.
     *
     * @param limit size of the segment
     * @param window what to read with, or to begin with if it turns out too small
     */
    Reader(Source source, int segmentChecksum, long limit, ByteBuffer window) {
      this.source = source;
      this.segmentChecksum = segmentChecksum;
      this.limit = limit;
      this.window = window.order(ByteOrder.LITTLE_ENDIAN).limit(0);
    }

    /** Reads the header of the frame at an offset; false if there is none. */
    boolean readHeader(long at) throws IOException {
      if (!load(at, HEADER_BYTES)) {
        return false;
      }
      int base = (int) (at - windowStart);
      if (window.getInt(base) != MAGIC) {
        return false;
      }
      offset = at;
      payloadBytes = window.getInt(base + 4);
      payloadChecksum = window.getInt(base + 8);
      durable = window.getInt(base + 12);
      previous = window.getInt(base + 16);
      checksum = window.getInt(base + CHECKED_BYTES);
      int windowEnd = window.limit();
      int computed = crc32c(window, base, base + CHECKED_BYTES, crc);
      window.limit(windowEnd);
      return checksum == (computed ^ mix(segmentChecksum, at))
          && payloadBytes >= 0
          && payloadBytes <= limit - at - HEADER_BYTES
          && durable <= at;
    }

    /**
     * Reads the payload of the frame whose header was read; false if it is damaged. If true, {@link
     * #payload()} has it.
     */
    boolean readPayload() throws IOException {
      if (!load(offset, HEADER_BYTES + payloadBytes)) {
        return false;
      }
      int base = (int) (offset - windowStart) + HEADER_BYTES;
      int windowEnd = window.limit();
      int computed = crc32c(window, base, base + payloadBytes, crc);
      window.limit(windowEnd);
      return computed == payloadChecksum;
    }

    /** The payload, to be consumed before the next read. */
    ByteBuffer payload() {
      int base = (int) (offset - windowStart) + HEADER_BYTES;
      return window.slice(base, payloadBytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** How far the segment was known to be durable when the frame was written. */
    int durable() {
      return durable;
    }

    /** Checksum of the frame before this one. */
    int previous() {
      return previous;
    }

    /** Checksum of this frame. */
    int checksum() {
      return checksum;
    }

    /** Offset after this frame. */
    long end() {
      return offset + HEADER_BYTES + payloadBytes;
    }

    /**
     * The first aligned offset from a given one on with something else than zeros; the end if there
     * is none.
     *
     * @param end aligned too
     */
    long nextNonZero(long from, long end) throws IOException {
      for (long at = from; at < end; ) {
        if (!load(at, ALIGNMENT)) {
          return end;
        }
        long windowEnd = Math.min(end, (windowStart + window.limit()) & -ALIGNMENT);
        for (; at < windowEnd; at += ALIGNMENT) {
          if (window.getLong((int) (at - windowStart)) != 0) {
            return at;
          }
        }
      }
      return end;
    }

    /** Brings a range into the window; false if it reaches past the end. */
    private boolean load(long at, int bytes) throws IOException {
      if (bytes > limit - at) {
        return false;
      }
      if (at >= windowStart && at + bytes <= windowStart + window.limit()) {
        return true;
      }
      if (bytes > window.capacity()) {
        window = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
      }
      windowStart = at;
      window.clear().limit((int) Math.min(window.capacity(), limit - at));
      while (window.position() < bytes) {
        if (source.read(window, at + window.position()) <= 0) {
          window.flip();
          return false;
        }
      }
      window.flip();
      return true;
    }
  }
}
