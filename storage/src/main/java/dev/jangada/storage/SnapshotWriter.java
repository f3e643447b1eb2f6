package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A snapshot that is being written into a {@link SnapshotStore}. It need not be written in one go;
 * what comes of it is decided by {@link #commit()}. For one thread at a time.
 *
 * <p>After an exception only {@link #abort()} may be called: nothing has been lost but this
 * snapshot.
 */
public final class SnapshotWriter implements AutoCloseable {

  /** Written bytes are synced in between, lest one long sync hold up those of the log. */
  private static final int SYNC_BYTES = 4 << 20;

  private final SnapshotStore store;
  private final EntryId last;
  private final String name;
  private final DiskFile file;
  private final int headerChecksum;

  private final ByteBuffer block =
      ByteBuffer.allocate(SnapshotFormat.BLOCK_BYTES + SnapshotFormat.CHECKSUM_BYTES)
          .order(ByteOrder.LITTLE_ENDIAN)
          .limit(SnapshotFormat.BLOCK_BYTES);

  private long blocks;
  private long size;
  private long unsyncedBytes;
  private boolean ended;

  SnapshotWriter(SnapshotStore store, SnapshotMetadata snapshot, String name, DiskFile file)
      throws IOException {
    this.store = store;
    this.last = snapshot.last();
    this.name = name;
    this.file = file;
    ByteBuffer header = SnapshotFormat.header(snapshot);
    this.headerChecksum = SnapshotFormat.headerChecksum(header);
    try {
      file.write(header, 0);
    } catch (Throwable failure) {
      Segment.closeQuietly(file, failure);
      throw failure;
    }
  }

  /** The last entry that the snapshot will cover. */
  public EntryId last() {
    return last;
  }

  /** Bytes appended so far. */
  public long size() {
    return size;
  }

  /** Adds bytes at the end. */
  public void append(byte[] bytes) throws IOException {
    append(bytes, 0, bytes.length);
  }

  /** Adds a part of an array at the end. */
  public void append(byte[] bytes, int offset, int length) throws IOException {
    checkWritable();
    int done = 0;
    while (done < length) {
      int count = Math.min(length - done, block.remaining());
      block.put(bytes, offset + done, count);
      done += count;
      if (!block.hasRemaining()) {
        writeBlock();
      }
    }
    size += length;
  }

  private void writeBlock() throws IOException {
    block.flip();
    int checksum = SnapshotFormat.checksum(headerChecksum, blocks, block);
    int bytes = block.limit();
    block.limit(bytes + SnapshotFormat.CHECKSUM_BYTES).putInt(bytes, checksum);
    file.write(block, SnapshotFormat.blockOffset(blocks));
    blocks++;
    unsyncedBytes += bytes;
    block.clear().limit(SnapshotFormat.BLOCK_BYTES);
    if (unsyncedBytes >= SYNC_BYTES) {
      file.sync();
      unsyncedBytes = 0;
    }
  }

  /**
   * Makes the snapshot complete and durable: when this returns it is the store's latest, and the
   * one before it is deleted; unless there has come to be one in the meantime that covers as much.
   */
  public void commit() throws IOException {
    checkWritable();
    if (block.position() > 0) {
      writeBlock();
    }
    file.write(SnapshotFormat.trailer(size, headerChecksum), SnapshotFormat.trailerOffset(size));
    file.sync();
    file.close();
    // From here on the file is the store's: should this fail, the next opening sees to it.
    ended = true;
    store.publish(last, name);
  }

  /** Gives the snapshot up and deletes what was written. Nothing after {@link #commit()}. */
  public void abort() throws IOException {
    if (!ended) {
      ended = true;
      file.close();
      store.discard(name);
    }
  }

  /** {@linkplain #abort() Aborts} the snapshot unless it was committed. */
  @Override
  public void close() throws IOException {
    abort();
  }

  private void checkWritable() {
    if (ended) {
      throw new IllegalStateException(
          "the snapshot " + store.describe(name) + " was committed or aborted");
    }
  }
}
