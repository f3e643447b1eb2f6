package dev.jangada.node;

import dev.jangada.storage.Disk;
import dev.jangada.storage.DiskFile;
import dev.jangada.storage.FileDisk;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A real disk whose syncs fail, or take until told otherwise, once told to. */
public final class FailingDisk implements Disk, AutoCloseable {
  private final FileDisk disk;
  private volatile boolean failing;
  private volatile CountDownLatch release = new CountDownLatch(0);
  private final CountDownLatch held = new CountDownLatch(1);

  /** Opens the disk in a directory; it works at first. */
  public FailingDisk(Path directory) throws IOException {
    disk = FileDisk.open(directory);
  }

  /** Lets every sync fail. */
  public void failSyncs() {
    failing = true;
  }

  /** Lets no sync end. */
  public void holdSyncs() {
    release = new CountDownLatch(1);
  }

  /** Waits until a sync is under way that does not end. */
  public void awaitHeldSync() throws InterruptedException {
    held.await();
  }

  /** Lets the syncs that are held, and all that follow, end. */
  public void releaseSyncs() {
    release.countDown();
  }

  @Override
  public List<String> list() throws IOException {
    return disk.list();
  }

  @Override
  public DiskFile create(String name, long size) throws IOException {
    return new File(disk.create(name, size));
  }

  @Override
  public DiskFile open(String name) throws IOException {
    return new File(disk.open(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    disk.delete(name);
  }

  @Override
  public void syncDirectory() throws IOException {
    disk.syncDirectory();
  }

  @Override
  public String describe(String name) {
    return disk.describe(name);
  }

  @Override
  public void close() throws IOException {
    disk.close();
  }

  private final class File implements DiskFile {
    private final DiskFile file;

    File(DiskFile file) {
      this.file = file;
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return file.read(target, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      file.write(source, position);
    }

    @Override
    public void sync() throws IOException {
      if (failing) {
        throw new IOException("no sync today");
      }
      if (release.getCount() > 0) {
        held.countDown();
        try {
          release.await();
        } catch (InterruptedException e) {
          throw new InterruptedIOException();
        }
      }
      file.sync();
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
