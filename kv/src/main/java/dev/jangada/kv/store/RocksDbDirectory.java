package dev.jangada.kv.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a {@link RocksDbStore} and those beside it, all on one file system:
 *
 * <pre>
 * NAME               the store
 * NAME.checkpoints   a directory for each checkpoint that is held on to, of hard links into the store
 * NAME.restoring     what is to replace the store, perhaps incomplete
 * NAME.restored      what replaces the store, complete and durable
 * </pre>
 *
 * <p>The store is replaced by renaming {@code NAME.restoring} to {@code NAME.restored}: that is the
 * one moment at which it happens. What follows, deleting the store and renaming once more, is done
 * again as often as a crash comes between.
 */
final class RocksDbDirectory {

  /** Called before each change to the file system: a test may throw. */
  @FunctionalInterface
  interface Steps {

    void before(String change) throws IOException;
  }

  private final Path store;
  private final Path checkpoints;
  private final Path restoring;
  private final Path restored;
  private final Steps steps;
  private long checkpointsMade;

  RocksDbDirectory(Path store, Steps steps) {
    this.store = store.toAbsolutePath().normalize();
    this.checkpoints = beside("checkpoints");
    this.restoring = beside("restoring");
    this.restored = beside("restored");
    this.steps = steps;
  }

  private Path beside(String what) {
    return store.resolveSibling(store.getFileName() + "." + what);
  }

  /** Where the store is. */
  Path store() {
    return store;
  }

  /** Where the store is that {@link #prepare} would find or put in place; perhaps there is none. */
  Path current() {
    return Files.exists(restored) ? restored : store;
  }

  /**
   * Makes the directory if there is none, and finishes a replacement. Before the store is opened.
   */
  void prepare() throws IOException {
    if (Files.exists(restored)) {
      replaceStore();
    }
    createDurably(store);
    // Also where it was there: whoever made it may have died before it was durable.
    syncParent();
  }

  /** Makes a directory with its parents so that a crash cannot take any of them away again. */
  private void createDurably(Path directory) throws IOException {
    Path parent = directory.getParent();
    if (parent == null || Files.isDirectory(directory)) {
      return;
    }
    createDurably(parent);
    steps.before("create " + directory);
    Files.createDirectories(directory);
    sync(parent);
  }

  /** Deletes what a crash left. Once the store is open: nobody else uses these directories then. */
  void clean() throws IOException {
    deleteAll(restoring);
    deleteAll(checkpoints);
  }

  /** Where to put the next checkpoint: a directory that is not there yet. */
  synchronized Path nextCheckpoint() throws IOException {
    Files.createDirectories(checkpoints);
    checkpointsMade++;
    return checkpoints.resolve(Long.toString(checkpointsMade));
  }

  /** Makes an empty directory for what is to replace the store. */
  Path beginRestoring() throws IOException {
    deleteAll(restoring);
    steps.before("create " + restoring);
    return Files.createDirectory(restoring);
  }

  /** A file in there, empty. */
  FileChannel createRestored(String name) throws IOException {
    steps.before("create " + name);
    return FileChannel.open(
        restoring.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Makes such a file durable. */
  void syncRestored(FileChannel file, String name) throws IOException {
    steps.before("sync " + name);
    file.force(true);
  }

  /** Makes what is to replace the store durable, with all its files; these are durable already. */
  void syncRestoring() throws IOException {
    steps.before("sync " + restoring);
    sync(restoring);
  }

  /** Gives up what was to replace the store. */
  void abandonRestoring() throws IOException {
    deleteAll(restoring);
  }

  /** Decides that the store is replaced. From here on no crash brings the old one back. */
  void decideReplacement() throws IOException {
    steps.before("rename " + restoring);
    Files.move(restoring, restored, StandardCopyOption.ATOMIC_MOVE);
    syncParent();
  }

  /** Puts what was restored in the place of the store, which must be closed. */
  void replaceStore() throws IOException {
    // Or a crash might take back the name that says the store may be deleted.
    syncParent();
    deleteAll(store);
    steps.before("rename " + restored);
    Files.move(restored, store, StandardCopyOption.ATOMIC_MOVE);
    syncParent();
  }

  /** The plain files of a directory, by name. */
  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** Deletes a checkpoint, as well as it can be done. */
  static void deleteQuietly(Path directory) {
    try {
      deleteAll(directory, change -> {});
    } catch (IOException | UncheckedIOException e) {
      // It is deleted when the store is opened the next time.
    }
  }

  private void deleteAll(Path directory) throws IOException {
    deleteAll(directory, steps);
  }

  private static void deleteAll(Path directory, Steps steps) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            return delete(file);
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            return delete(visited);
          }

          private FileVisitResult delete(Path path) throws IOException {
            steps.before("delete " + path);
            Files.delete(path);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private void syncParent() throws IOException {
    Path parent = store.getParent();
    if (parent != null) {
      steps.before("sync " + parent);
      sync(parent);
    }
  }

  private static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
