package dev.jangada.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
  private @Nullable CompletableFuture<DiskFile> file;

  SpareSegment(Disk disk, int bytes, Executor executor) {
    this.disk = disk;
    this.bytes = bytes;
    this.executor = executor;
  }

  /** Begins to prepare the file, unless that has begun. */
  void prepare() {
    if (file == null) {
      file = CompletableFuture.supplyAsync(this::create, executor);
    }
  }

  private DiskFile create() {
    try {
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
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Throws if the preparation has failed: that is as fatal as any failure of the disk. */
  void check() throws IOException {
    if (file != null && file.isCompletedExceptionally()) {
      take();
    }
  }

  /** Gives the prepared file away, waiting for it where need be. */
  DiskFile take() throws IOException {
    prepare();
    CompletableFuture<DiskFile> prepared = file;
    file = null;
    return await(prepared);
  }

  private static DiskFile await(@Nullable CompletableFuture<DiskFile> prepared) throws IOException {
    try {
      if (prepared == null) {
        throw new IllegalStateException("nothing was prepared");
      }
      return prepared.join();
    } catch (CompletionException failure) {
      switch (failure.getCause()) {
        case UncheckedIOException e -> throw new IOException(e.getMessage(), e);
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> throw failure;
      }
    }
  }

  /**
   * Closes the file, and deletes it if the disk can still be trusted. Whether its preparation
   * failed does not matter any more.
   */
  void close(boolean delete) throws IOException {
    CompletableFuture<DiskFile> prepared = file;
    file = null;
    if (prepared != null && prepared.handle((created, failure) -> failure == null).join()) {
      await(prepared).close();
      if (delete) {
        disk.delete(NAME);
      }
    }
  }
}
