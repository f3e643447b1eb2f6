package dev.jangada.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The file of the next segment, filled with zeros and synced before it is needed: doing that takes
 * a thousand times as long as an append.
 *
 * <p>For the disk thread; only the preparation runs elsewhere.
 */
final class SpareSegment {

  /** What the file is called until it becomes a segment. */
  static final String NAME = "spare.wal" + SegmentHeader.UNFINISHED_SUFFIX;

  private final Disk disk;
  private final int bytes;
  private final Executor executor;
  private @Nullable Background<DiskFile> file;

  SpareSegment(Disk disk, int bytes, Executor executor) {
    this.disk = disk;
    this.bytes = bytes;
    this.executor = executor;
  }

  /** Begins to prepare the file, unless that has begun. */
  void prepare() {
    if (file == null) {
      file = Background.start(this::create, executor);
    }
  }

  private DiskFile create() throws IOException {
    DiskFile created = disk.create(NAME, bytes);
    try {
      // The zeros now, so that the sync with the header in it will be short.
      created.write(ByteBuffer.allocate(SegmentHeader.BYTES), 0);
      created.sync();
      return created;
    } catch (Throwable failure) {
      Segment.closeQuietly(created, failure);
      throw failure;
    }
  }

  /** Throws if the preparation has failed: that is as fatal as any failure of the disk. */
  void check() throws IOException {
    if (file != null && file.hasFailed()) {
      take();
    }
  }

  /** Gives the prepared file away, finishing its preparation where need be. */
  DiskFile take() throws IOException {
    Background<DiskFile> prepared =
        file == null ? Background.start(this::create, Runnable::run) : file;
    file = null;
    return prepared.finish();
  }

  /**
   * Closes the file, and deletes it if the disk can still be trusted. Whether its preparation
   * failed does not matter any more.
   */
  void close(boolean delete) throws IOException {
    Background<DiskFile> prepared = file;
    file = null;
    if (prepared != null && !prepared.hasFailed()) {
      prepared.finish().close();
      if (delete) {
        disk.delete(NAME);
      }
    }
  }
}
