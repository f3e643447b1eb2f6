package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest snapshot of a node's state machine, on disk: made by this node, or received from
 * another one. What is in it is the machine's affair.
 *
 * <p>A snapshot is written under a temporary name and gets its own when it is complete and durable;
 * only then is the one before it deleted. So there is always the latest that was committed, whole,
 * and a crash leaves nothing else that {@link #open} would not remove.
 *
 * <p>Each byte on disk is covered by a checksum ({@link SnapshotFormat} has the bytes), and none is
 * handed out unverified.
 *
 * <p>For any thread. Only what opens, writes and commits waits for the disk. The files may lie
 * beside those of a {@link WriteAheadLog}; one store to a {@link Disk}.
 */
public final class SnapshotStore implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(SnapshotStore.class);

  private static final String REMEDY =
      "The node cannot be rebuilt from it: do not edit the file to get past this. Restore the data"
          + " directory from a copy made while the node was stopped, or remove this node from the"
          + " cluster and add it anew with an empty directory";

  private final Disk disk;

  /** One commit at a time. */
  private final Object commitLock = new Object();

  /** Guarded by this. */
  private @Nullable SnapshotFile latest;

  /** Numbers the temporary files. Guarded by this. */
  private long writers;

  private SnapshotStore(Disk disk, @Nullable SnapshotFile latest) {
    this.disk = disk;
    this.latest = latest;
  }

  /**
   * Opens the store, an empty one on a disk without a snapshot, and removes what a crash left
   * unfinished. Of the snapshot it checks beginning, end and length; the rest is checked as it is
   * read.
   *
   * @throws CorruptSnapshotException if the latest snapshot is damaged
   * @throws IOException if the disk fails
   */
  public static SnapshotStore open(Disk disk) throws IOException {
    List<String> superseded = new ArrayList<>();
    EntryId newest = EntryId.NONE;
    for (String name : disk.list()) {
      EntryId last = SnapshotFormat.lastOf(name);
      if (last != null) {
        if (newest.index() > 0) {
          // Names sort by index.
          superseded.add(SnapshotFormat.fileName(newest));
        }
        newest = last;
      } else if (name.endsWith(SnapshotFormat.UNFINISHED_SUFFIX)) {
        disk.delete(name);
      }
    }
    // The name of the newest may be there, but not durably, if the process was killed.
    disk.syncDirectory();
    if (newest.index() == 0) {
      return new SnapshotStore(disk, null);
    }
    SnapshotFile file = SnapshotFile.open(disk, newest);
    try {
      for (String name : superseded) {
        disk.delete(name);
      }
      return new SnapshotStore(disk, file);
    } catch (Throwable failure) {
      Segment.closeQuietly(file, failure);
      throw failure;
    }
  }

  static CorruptSnapshotException corrupt(Disk disk, String name, long offset, String what) {
    return new CorruptSnapshotException(disk.describe(name), offset, what, REMEDY);
  }

  /** The last entry that the latest snapshot covers; {@link EntryId#NONE} if there is none. */
  public synchronized EntryId latestId() {
    return latest == null ? EntryId.NONE : latest.last();
  }

  /**
   * The latest snapshot, to be closed by the caller: until then it can be read although a newer one
   * may replace it.
   *
   * @return null if there is none
   */
  public synchronized @Nullable StoredSnapshot latest() {
    return latest == null ? null : new StoredSnapshot(latest);
  }

  /**
   * Begins to write a snapshot. Several may be under way at once.
   *
   * @param snapshot the last entry that it covers, and the configuration in force after that
   * @throws IOException if the disk fails or is full
   */
  public SnapshotWriter create(SnapshotMetadata snapshot) throws IOException {
    if (snapshot.last().index() == 0) {
      throw new IllegalArgumentException("a snapshot must cover an entry");
    }
    String name;
    synchronized (this) {
      writers++;
      name = writers + SnapshotFormat.UNFINISHED_SUFFIX;
    }
    return new SnapshotWriter(this, snapshot, name, disk.create(name, 0));
  }

  /** Gives a complete and synced file its name, unless there is a newer snapshot. */
  void publish(EntryId last, String unfinished) throws IOException {
    synchronized (commitLock) {
      if (last.index() <= latestId().index()) {
        disk.delete(unfinished);
        return;
      }
      disk.rename(unfinished, SnapshotFormat.fileName(last));
      disk.syncDirectory();
      SnapshotFile file = SnapshotFile.open(disk, last);
      SnapshotFile superseded;
      synchronized (this) {
        superseded = latest;
        latest = file;
      }
      if (superseded != null) {
        remove(superseded);
      }
    }
  }

  private void remove(SnapshotFile superseded) {
    try {
      // Who is reading it goes on: its file goes when it is closed.
      disk.delete(superseded.name());
      superseded.close();
    } catch (IOException e) {
      // The new one is durable, and opening removes the old one.
      logger.warn("cannot delete {}", disk.describe(superseded.name()), e);
    }
  }

  /** Deletes a file that will not be a snapshot. */
  void discard(String unfinished) throws IOException {
    disk.delete(unfinished);
  }

  String describe(String name) {
    return disk.describe(name);
  }

  /** Closes the file of the latest snapshot, once nobody reads it any more. */
  @Override
  public synchronized void close() throws IOException {
    SnapshotFile file = latest;
    latest = null;
    if (file != null) {
      file.close();
    }
  }
}
