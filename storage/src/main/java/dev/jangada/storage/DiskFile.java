package dev.jangada.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file of a {@link Disk}. Positions and sizes are in bytes. */
public interface DiskFile extends AutoCloseable {

  /** The file's current size. */
  long size() throws IOException;

  /**
   * Reads from a position until the buffer is full or the file ends.
   *
   * @return number of bytes read, 0 at or past the end
   */
  int read(ByteBuffer target, long position) throws IOException;

  /**
   * Writes all remaining bytes of the buffer at a position, growing the file where needed. Durable
   * after {@link #sync()}.
   */
  void write(ByteBuffer source, long position) throws IOException;

  /**
   * Makes the file's contents and size durable. If it throws, nothing is known about what became
   * durable.
   */
  void sync() throws IOException;

  /** Cuts the file to a size. Durable after {@link #sync()}. */
  void truncate(long size) throws IOException;

  @Override
  void close() throws IOException;
}
