package dev.jangada.kv.store;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an {@link OrderedStore.Checkpoint}, made as they are read.
 *
 * <pre>
 * checkpoint := magic:u64  engine:u8  body  checksum:u32
 * </pre>
 *
 * <p>Numbers are big-endian. The checksum is the CRC32C of all bytes before it. What the body is,
 * the engine says.
 */
final class CheckpointStream extends InputStream {

  /** Which engine made a checkpoint: another one cannot read it. */
  enum Engine {
    HEAP(1),
    ROCKS_DB(2);

    private final int code;

    Engine(int code) {
      this.code = code;
    }
  }

  /** The pieces of a body, one after the other. */
  interface Pieces extends Closeable {

    /** The next piece, null after the last. */
    byte @Nullable [] next() throws IOException;

    @Override
    default void close() throws IOException {}
  }

  /** Bytes of a checkpoint beside its body. */
  static final int OVERHEAD_BYTES = Long.BYTES + 1 + Integer.BYTES;

  private static final long MAGIC = 0x4a4e_4744_4b56_5331L; // "JNGDKVS1"

  private final Pieces pieces;
  private final CRC32C crc = new CRC32C();
  private byte[] piece;
  private int position;

  /** Whether the piece at hand is the checksum, the last one. */
  private boolean ended;

  CheckpointStream(Engine engine, Pieces pieces) {
    this.pieces = pieces;
    piece = ByteBuffer.allocate(Long.BYTES + 1).putLong(MAGIC).put((byte) engine.code).array();
    crc.update(piece);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    while (position == piece.length) {
      if (ended) {
        return -1;
      }
      piece = nextPiece();
      position = 0;
    }
    int count = Math.min(length, piece.length - position);
    System.arraycopy(piece, position, target, offset, count);
    position += count;
    return count;
  }

  private byte[] nextPiece() throws IOException {
    byte[] next = pieces.next();
    if (next == null) {
      ended = true;
      return ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array();
    }
    crc.update(next);
    return next;
  }

  @Override
  public void close() throws IOException {
    pieces.close();
  }

  /**
   * Reads a checkpoint. Trusts nothing: whatever the bytes are, nothing larger than the input is
   * allocated, and {@link #end()} comes to an end only if they are those that were written.
   */
  static final class Reader {

    private final InputStream in;
    private final CRC32C crc = new CRC32C();

    /** Begins to read what an engine made. */
    Reader(InputStream in, Engine engine) throws IOException {
      this.in = in;
      if (number(Long.BYTES) != MAGIC) {
        throw new IOException("this is not a snapshot of the key-value store");
      }
      long code = number(1);
      if (code != engine.code) {
        throw new IOException(
            "the snapshot was made by engine "
                + code
                + ", this store has engine "
                + engine.code
                + ": all nodes of a cluster need the same");
      }
    }

    /** Reads a number of that many bytes. */
    long number(int bytes) throws IOException {
      long number = 0;
      for (byte next : bytes(bytes)) {
        number = number << Byte.SIZE | (next & 0xff);
      }
      return number;
    }

    /** Reads so many bytes, unless the checkpoint ends before. */
    byte[] bytes(long count) throws IOException {
      if (count < 0 || count > Integer.MAX_VALUE) {
        throw new IOException("the snapshot is damaged: impossible length " + count);
      }
      byte[] bytes = in.readNBytes((int) count);
      if (bytes.length < count) {
        throw new EOFException("the snapshot ends in the middle");
      }
      crc.update(bytes);
      return bytes;
    }

    /** Reads the end, and checks that this is what was written. */
    void end() throws IOException {
      int computed = (int) crc.getValue();
      if ((int) number(Integer.BYTES) != computed) {
        throw new IOException("the snapshot is damaged: its checksum is wrong");
      }
      if (in.read() >= 0) {
        throw new IOException("the snapshot goes on after its end");
      }
    }
  }
}
