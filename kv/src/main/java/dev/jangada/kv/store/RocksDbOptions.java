package dev.jangada.kv.store;

import java.nio.file.Path;

/**
 * How a {@link RocksDbStore} uses disk and memory. Its memory is about the block cache plus the
 * write buffers, whatever it holds.
 *
 * @param directory where its files are; made if it does not exist
 * @param blockCacheBytes memory for blocks read from disk, their indexes and filters included
 * @param writeBufferBytes size of a buffer of writes not yet on disk. It bounds how much of the log
 *     is replayed after a crash
 * @param maxWriteBuffers most write buffers, the one written to and those being flushed; at least 2
 * @param backgroundThreads threads for flushing and merging files
 * @param flushOnClose whether closing writes out the buffers, so that nothing is replayed after an
 *     orderly restart; without it closing does to the data what a crash would
 */
public record RocksDbOptions(
    Path directory,
    long blockCacheBytes,
    long writeBufferBytes,
    int maxWriteBuffers,
    int backgroundThreads,
    boolean flushOnClose) {

  private static final long MIB = 1 << 20;

  public RocksDbOptions {
    if (blockCacheBytes < MIB || writeBufferBytes < 64 << 10) {
      throw new IllegalArgumentException(
          "RocksDB needs a block cache of at least 1 MiB and write buffers of at least 64 KiB, got "
              + blockCacheBytes
              + " and "
              + writeBufferBytes
              + " bytes");
    }
    if (maxWriteBuffers < 2 || backgroundThreads < 1) {
      throw new IllegalArgumentException(
          "RocksDB needs at least 2 write buffers and 1 background thread, got "
              + maxWriteBuffers
              + " and "
              + backgroundThreads);
    }
  }

  /** A modest store: up to about 224 MiB of memory, two background threads, flushed on close. */
  public static RocksDbOptions in(Path directory) {
    return new RocksDbOptions(directory, 128 * MIB, 32 * MIB, 3, 2, true);
  }

  /** The same with other bounds on memory. */
  public RocksDbOptions withMemory(long blockCacheBytes, long writeBufferBytes) {
    return new RocksDbOptions(
        directory,
        blockCacheBytes,
        writeBufferBytes,
        maxWriteBuffers,
        backgroundThreads,
        flushOnClose);
  }

  /** The same with or without flushing on close. */
  public RocksDbOptions withFlushOnClose(boolean flushOnClose) {
    return new RocksDbOptions(
        directory,
        blockCacheBytes,
        writeBufferBytes,
        maxWriteBuffers,
        backgroundThreads,
        flushOnClose);
  }
}
