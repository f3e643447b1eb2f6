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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Disk} that is a directory of a real file system, held exclusively: a lock file keeps
 * every other {@code FileDisk}, in this process and in others, out of it until {@link #close()}.
 *
 * <p>Threads must not be interrupted inside calls to this disk or its files: the JDK answers an
 * interrupt by closing the file.
 */
public final class FileDisk implements Disk, AutoCloseable {

  private static final String LOCK_FILE = "LOCK";

  /**
   * Zeros are written in pieces of this many bytes. Linux may keep what is written at once as one
   * large page of its cache, and then looks at all of it, and counts all of it as dirty, with every
   * small record that is written there later.
   */
  private static final int ZEROS_BYTES = 64 << 10;

  private final Path directory;
  private final FileChannel lockChannel;

  private FileDisk(Path directory, FileChannel lockChannel) {
    this.directory = directory;
    this.lockChannel = lockChannel;
  }

  /**
   * Opens a directory, creating it where it does not exist.
   *
   * @throws IOException if the directory cannot be created or is in use; the message names it
   */
  public static FileDisk open(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    createDurably(absolute);
    FileChannel channel =
        FileChannel.open(
            absolute.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!tryLock(channel)) {
        throw new IOException(
            "the data directory "
                + absolute
                + " is in use by another node or process. Stop that one first, or give this one a"
                + " directory of its own");
      }
      return new FileDisk(absolute, channel);
    } catch (Throwable failure) {
      channel.close();
      throw failure;
    }
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

  /** Creates a directory with its parents so that a crash cannot take any of them away again. */
  private static void createDurably(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.getParent();
    if (parent != null) {
      createDurably(parent);
    }
    Files.createDirectories(directory);
    if (parent != null) {
      syncDirectory(parent);
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
    lockChannel.close();
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
