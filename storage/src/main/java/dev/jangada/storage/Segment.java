package dev.jangada.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A segment file, and for the last one the frames on their way into it.
 *
 * <p>One thread writes; any thread may read what was sealed. Bytes are never written twice, so that
 * what has reached the file is read without a lock; the buffer is handed over under this object's
 * monitor, and no disk access happens under it.
 */
final class Segment implements Frames.Source, AutoCloseable {

  /** Size of the write buffer, unless a single entry needs more. */
  static final int BUFFER_BYTES = 1 << 20;

  private final Disk disk;
  private final String name;
  private final SegmentHeader header;
  private final DiskFile file;
  private final int headerChecksum;

  // Used by the writing thread only.
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer proof =
      ByteBuffer.allocate(Frames.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private ByteBuffer buffer = NO_BUFFER;
  private int durable;
  private int chain;
  private boolean unsynced;
  private int frameStart;

  // Written by the writing thread under the monitor, read by others under it.
  private ByteBuffer view = NO_BUFFER;
  private int sealed;
  private long base;

  private static final ByteBuffer NO_BUFFER = ByteBuffer.allocateDirect(0);

  /** A segment whose file has been opened, and whose frames' end is not known yet. */
  Segment(Disk disk, String name, SegmentHeader header, DiskFile file) {
    this.disk = disk;
    this.name = name;
    this.header = header;
    this.file = file;
    this.headerChecksum = header.checksum();
    this.chain = headerChecksum;
    this.base = header.segmentBytes();
    this.durable = SegmentHeader.BYTES;
  }

  /** Creates a segment durably, with a file of its own. */
  static Segment create(Disk disk, SegmentHeader header) throws IOException {
    String unfinished = header.fileName() + SegmentHeader.UNFINISHED_SUFFIX;
    return create(disk, header, unfinished, disk.create(unfinished, header.segmentBytes()));
  }

  /**
   * Creates a segment durably from a file of zeros. It gets its name only when it is complete, so
   * that a file with the name of a segment always has a valid header and its full size, or is
   * damaged.
   *
   * @param unfinished present name of the file
   * @param file the file, closed if this fails
   */
  static Segment create(Disk disk, SegmentHeader header, String unfinished, DiskFile file)
      throws IOException {
    String name = header.fileName();
    try {
      file.write(header.encode(), 0);
      file.sync();
      disk.rename(unfinished, name);
      disk.syncDirectory();
      Segment segment = new Segment(disk, name, header, file);
      segment.setEnd(SegmentHeader.BYTES, segment.headerChecksum, SegmentHeader.BYTES);
      return segment;
    } catch (Throwable failure) {
      closeQuietly(file, failure);
      throw failure;
    }
  }

  static void closeQuietly(AutoCloseable file, Throwable because) {
    try {
      file.close();
    } catch (Exception another) {
      because.addSuppressed(another);
    }
  }

  SegmentHeader header() {
    return header;
  }

  long sequence() {
    return header.sequence();
  }

  DiskFile file() {
    return file;
  }

  /** Name of the file. */
  String name() {
    return name;
  }

  String describe() {
    return disk.describe(name);
  }

  /** Where the frames sealed so far end. */
  int end() {
    return (int) base + sealed;
  }

  /** Checksum of the last frame. */
  int chain() {
    return chain;
  }

  /** Whether any record was sealed since the last sync. */
  boolean isUnsynced() {
    return unsynced;
  }

  Frames.Reader reader(ByteBuffer window) {
    return new Frames.Reader(this, headerChecksum, header.segmentBytes(), window);
  }

  /**
   * Sets where the segment's frames end.
   *
   * @param end offset after the last frame
   * @param lastChecksum checksum of that frame
   * @param durableEnd how far the segment is durable
   */
  void setEnd(int end, int lastChecksum, int durableEnd) {
    synchronized (this) {
      base = end;
    }
    chain = lastChecksum;
    durable = durableEnd;
  }

  /** A buffer to write with; for a small segment one that it could fill is enough. */
  static ByteBuffer newBuffer(int segmentBytes) {
    return ByteBuffer.allocateDirect(Math.min(BUFFER_BYTES, segmentBytes));
  }

  /** Makes this the segment that is written to. */
  void beginWriting(ByteBuffer empty) {
    useBuffer(empty);
  }

  private void useBuffer(ByteBuffer next) {
    buffer = next.clear().order(ByteOrder.LITTLE_ENDIAN);
    synchronized (this) {
      // A duplicate of its own for those who read: its position and limit are theirs to move.
      view = next.duplicate();
    }
  }

  /** Whether a frame with this payload fits, and the proof after it. */
  boolean fits(long payloadBytes) {
    return payloadBytes <= header.segmentBytes() - end() - 2L * Frames.HEADER_BYTES;
  }

  /**
   * Begins a frame.
   *
   * @param payloadBytes exact size of its payload, padding included
   * @return the buffer, positioned where the payload goes, limited to it
   */
  ByteBuffer beginFrame(int payloadBytes) throws IOException {
    int frameBytes = Frames.HEADER_BYTES + payloadBytes;
    if (frameBytes > buffer.capacity() - sealed) {
      flush();
      if (frameBytes > buffer.capacity()) {
        useBuffer(ByteBuffer.allocateDirect(frameBytes));
      } else if (buffer.capacity() > BUFFER_BYTES && frameBytes <= BUFFER_BYTES) {
        // The buffer had grown for one large entry.
        useBuffer(newBuffer(BUFFER_BYTES));
      }
    }
    frameStart = sealed;
    return buffer.limit(frameStart + frameBytes).position(frameStart + Frames.HEADER_BYTES);
  }

  /**
   * Completes the frame: from now on it can be read.
   *
   * @return offset of the frame
   */
  int sealFrame() {
    int end = buffer.limit();
    int offset = end();
    chain = Frames.seal(buffer, frameStart, end, offset, headerChecksum, durable, chain, crc);
    unsynced = true;
    synchronized (this) {
      sealed = end;
    }
    return offset;
  }

  /** Writes what was sealed, in one call. */
  void flush() throws IOException {
    if (sealed == 0) {
      return;
    }
    file.write(buffer.limit(sealed).position(0), base);
    synchronized (this) {
      base += sealed;
      sealed = 0;
    }
  }

  /** Makes all frames durable. */
  void sync() throws IOException {
    flush();
    if (durable < base) {
      file.sync();
      durable = (int) base;
      unsynced = false;
    }
  }

  /**
   * Writes a proof that all before it is durable. The proof itself is not synced: should it be lost
   * in a crash, then only the ability to tell damage to the latest batch from a torn end is.
   */
  void prove() throws IOException {
    proof.clear();
    chain = Frames.seal(proof, 0, Frames.HEADER_BYTES, base, headerChecksum, durable, chain, crc);
    file.write(proof.clear(), base);
    synchronized (this) {
      base += Frames.HEADER_BYTES;
    }
  }

  /** Reads bytes of the file, or of the frames that are not there yet. */
  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    int limit = target.limit();
    synchronized (this) {
      if (position >= base) {
        int count = (int) Math.min(target.remaining(), base + sealed - position);
        if (count > 0) {
          int from = (int) (position - base);
          target.put(view.limit(from + count).position(from));
        }
        return count;
      }
      // The rest is to be had from the buffer, once it is asked for.
      target.limit(target.position() + (int) Math.min(target.remaining(), base - position));
    }
    try {
      return file.read(target, position);
    } finally {
      target.limit(limit);
    }
  }

  /** Gives the buffer back, after the last write. */
  ByteBuffer endWriting() {
    ByteBuffer released = buffer;
    buffer = NO_BUFFER;
    synchronized (this) {
      view = NO_BUFFER;
    }
    return released;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
