package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The open file of a complete snapshot, which stays open, even when its name is gone, for as long
 * as somebody holds it. Any thread.
 */
final class SnapshotFile implements AutoCloseable {

  private final Disk disk;
  private final String name;
  private final DiskFile file;
  private final SnapshotMetadata metadata;
  private final int headerChecksum;
  private final long size;

  /** Guarded by this. */
  private int holders = 1;

  private SnapshotFile(
      Disk disk,
      String name,
      DiskFile file,
      SnapshotMetadata metadata,
      int headerChecksum,
      long size) {
    this.disk = disk;
    this.name = name;
    this.file = file;
    this.metadata = metadata;
    this.headerChecksum = headerChecksum;
    this.size = size;
  }

  /** Opens the snapshot that ends with an entry; it is held by the caller. */
  static SnapshotFile open(Disk disk, EntryId last) throws IOException {
    String name = SnapshotFormat.fileName(last);
    DiskFile file = disk.open(name);
    try {
      ByteBuffer header = ByteBuffer.allocate(SnapshotFormat.HEADER_BYTES);
      file.read(header, 0);
      SnapshotMetadata found = SnapshotFormat.decodeHeader(header.flip());
      if (found == null) {
        throw SnapshotStore.corrupt(disk, name, 0, "the header of the snapshot is damaged");
      }
      if (!found.last().equals(last)) {
        String written = SnapshotFormat.fileName(found.last());
        throw SnapshotStore.corrupt(disk, name, 0, "this file was written as " + written);
      }
      int headerChecksum = SnapshotFormat.headerChecksum(header);
      long trailerAt = Math.max(0, file.size() - SnapshotFormat.TRAILER_BYTES);
      ByteBuffer trailer = ByteBuffer.allocate(SnapshotFormat.TRAILER_BYTES);
      file.read(trailer, trailerAt);
      long size = SnapshotFormat.decodeTrailer(trailer.flip(), headerChecksum);
      if (size < 0 || SnapshotFormat.trailerOffset(size) != trailerAt) {
        throw SnapshotStore.corrupt(
            disk, name, trailerAt, "the end of the snapshot is missing or damaged");
      }
      return new SnapshotFile(disk, name, file, found, headerChecksum, size);
    } catch (Throwable failure) {
      Segment.closeQuietly(file, failure);
      throw failure;
    }
  }

  String name() {
    return name;
  }

  EntryId last() {
    return metadata.last();
  }

  SnapshotMetadata metadata() {
    return metadata;
  }

  /** Bytes of data. */
  long size() {
    return size;
  }

  synchronized void hold() {
    if (holders == 0) {
      throw new IllegalStateException(disk.describe(name) + " is closed");
    }
    holders++;
  }

  /** Reads and verifies a block. */
  ByteBuffer block(long number) throws IOException {
    long offset = SnapshotFormat.blockOffset(number);
    int bytes =
        (int) Math.min(SnapshotFormat.BLOCK_BYTES, size - number * SnapshotFormat.BLOCK_BYTES);
    ByteBuffer block =
        ByteBuffer.allocate(bytes + SnapshotFormat.CHECKSUM_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.read(block, offset);
    if (block.hasRemaining()
        || SnapshotFormat.checksum(headerChecksum, number, block.slice(0, bytes))
            != block.getInt(bytes)) {
      throw SnapshotStore.corrupt(disk, name, offset, "the snapshot is damaged");
    }
    return block.position(0).limit(bytes);
  }

  /** Gives back one hold; the last one closes the file. */
  @Override
  public void close() throws IOException {
    boolean unheld;
    synchronized (this) {
      holders--;
      unheld = holders == 0;
    }
    if (unheld) {
      file.close();
    }
  }
}
