package dev.jangada.storage;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the segments at the beginning of the log that hold nothing but what was discarded. That
 * frees much space, which takes a file system its time.
 *
 * <p>For the disk thread; only the deletion runs elsewhere.
 */
final class SegmentRemoval {

  private final Disk disk;
  private final Executor executor;

  /** Held by who reads segments: none is closed meanwhile. */
  private final Object readLock;

  private @Nullable Background<Boolean> underWay;

  SegmentRemoval(Disk disk, Executor executor, Object readLock) {
    this.disk = disk;
    this.executor = executor;
    this.readLock = readLock;
  }

  /** Begins to delete segments, given oldest first, after those it was given before. */
  void remove(List<Segment> obsolete) throws IOException {
    if (!obsolete.isEmpty()) {
      finish();
      underWay = Background.start(() -> delete(obsolete), executor);
      check();
    }
  }

  private boolean delete(List<Segment> obsolete) throws IOException {
    for (Segment segment : obsolete) {
      synchronized (readLock) {
        segment.close();
      }
      disk.delete(segment.name());
      // One by one, each durably: a crash leaves no gap between the segments that are left.
      disk.syncDirectory();
    }
    return true;
  }

  /** Throws if a deletion has failed: that is as fatal as any failure of the disk. */
  void check() throws IOException {
    if (underWay != null && underWay.hasFailed()) {
      finish();
    }
  }

  /** Returns when all that was begun is deleted. */
  void finish() throws IOException {
    Background<Boolean> last = underWay;
    underWay = null;
    if (last != null) {
      last.finish();
    }
  }
}
