package dev.jangada.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Disk} that is a directory of a real file system, held exclusively: a lock file keeps
 * every other process out of it until {@link #close()}, and every other {@code FileDisk} of this
 * one, too.
 *
 * <p>Threads must not be interrupted inside calls to this disk or its files: the JDK answers an
 * interrupt by closing the file.
 */
public final class FileDisk implements Disk, AutoCloseable {

  private static final String LOCK_FILE = "LOCK";

  /** The attribute that tells one file system from another. */
  private static final String DEVICE = "unix:dev";

  /**
   * Zeros are written in pieces of this many bytes. Linux may keep what is written at once as one
   * large page of its cache, and then looks at all of it, and counts all of it as dirty, with every
   * small record that is written there later.
   */
  private static final int ZEROS_BYTES = 64 << 10;

  /**
   * The directories that this process holds, as real paths. The lock is not asked for one that is
   * among them: it belongs to the process, and closing any channel of the lock file, also one that
   * did not get it, would give it away to other processes.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final Path realDirectory;
  private final FileChannel lockChannel;

  private FileDisk(Path directory, Path realDirectory, FileChannel lockChannel) {
    this.directory = directory;
    this.realDirectory = realDirectory;
    this.lockChannel = lockChannel;
  }

  /** Makes what is in a directory durable, by name. */
  @FunctionalInterface
  interface DirectorySync {
    void sync(Path directory) throws IOException;
  }

  /**
   * Opens a directory, creating it where it does not exist. That it exists is durable then.
   *
   * @throws IOException if the directory cannot be created or is in use; the message names it
   */
  public static FileDisk open(Path directory) throws IOException {
    return open(directory, FileDisk::syncDirectory);
  }

  static FileDisk open(Path directory, DirectorySync directorySync) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    Files.createDirectories(absolute);
    Path real = absolute.toRealPath();
    if (!HELD.add(real)) {
      throw inUse(absolute);
    }
    try {
      FileChannel channel =
          FileChannel.open(
              absolute.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (!tryLock(channel)) {
          throw inUse(absolute);
        }
        syncParents(real, directorySync);
        return new FileDisk(absolute, real, channel);
      } catch (Throwable failure) {
        channel.close();
        throw failure;
      }
    } catch (Throwable failure) {
      HELD.remove(real);
      throw failure;
    }
  }

  private static IOException inUse(Path directory) {
    return new IOException(
        "the data directory "
            + directory
            + " is in use by another node or process. Stop that one first, or give this one a"
            + " directory of its own");
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      // Held, and released, with the channel.
      @Nullable FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return false;
    }
  }

  /**
   * Sees to it that a crash cannot take a directory away: each of its parents has to have the next
   * one durably. Who made them, or whether a process died before it could sync what it had made,
   * nobody knows any more. A parent that this process may not write to, or that is another file
   * system, has nothing that was made for this directory.
   */
  private static void syncParents(Path directory, DirectorySync directorySync) throws IOException {
    Object device = Files.getAttribute(directory, DEVICE);
    for (Path parent = directory.getParent();
        parent != null
            && Files.isWritable(parent)
            && Files.isReadable(parent)
            && device.equals(Files.getAttribute(parent, DEVICE));
        parent = parent.getParent()) {
      directorySync.sync(parent);
    }
  }

  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The directory, as an absolute path. */
  public Path directory() {
    return directory;
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.equals(LOCK_FILE))
          .sorted()
          .toList();
    }
  }

  @Override
  public DiskFile create(String name, long size) throws IOException {
    FileChannel channel =
        FileChannel.open(
            resolve(name),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    OpenFile file = new OpenFile(channel);
    try {
      // Real zeros, not a hole and not a mere reservation: the first overwrite of either would
      // change the file's metadata, and the sync of it would wait for the journal.
      ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(size, ZEROS_BYTES));
      for (long written = 0; written < size; written += zeros.limit()) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), size - written));
        file.write(zeros, written);
      }
      return file;
    } catch (Throwable failure) {
      file.close();
      throw failure;
    }
  }

  @Override
  public DiskFile open(String name) throws IOException {
    return new OpenFile(
        FileChannel.open(resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(
        resolve(from),
        resolve(to),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(String name) throws IOException {
    Files.delete(resolve(name));
  }

  @Override
  public void syncDirectory() throws IOException {
    syncDirectory(directory);
  }

  @Override
  public String describe(String name) {
    return resolve(name).toString();
  }

  /** Releases the directory. Open files of it stay open. */
  @Override
  public void close() throws IOException {
    if (lockChannel.isOpen()) {
      try {
        lockChannel.close();
      } finally {
        HELD.remove(realDirectory);
      }
    }
  }

  private Path resolve(String name) {
    Path path = directory.resolve(name).normalize();
    if (name.equals(LOCK_FILE) || !directory.equals(path.getParent())) {
      throw new IllegalArgumentException("not the name of a file in " + directory + ": " + name);
    }
    return path;
  }

  private record OpenFile(FileChannel channel) implements DiskFile {

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      int total = 0;
      while (target.hasRemaining()) {
        int count = channel.read(target, position + total);
        if (count < 0) {
          break;
        }
        total += count;
      }
      return total;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      long next = position;
      while (source.hasRemaining()) {
        next += channel.write(source, next);
      }
    }

    @Override
    public void sync() throws IOException {
      // fdatasync: contents, and what is needed to read them back, such as a changed size.
      channel.force(false);
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
