package dev.jangada.cli.cluster;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a {@link LocalCluster}, held by one process at a time.
 *
 * <pre>
 * cluster.properties   nodes=N: how many nodes the cluster was made with
 * lock                 locked while a cluster runs
 * n1/, n1.log, ...     each node's data and output
 * </pre>
 */
final class DataDirectory implements AutoCloseable {

  private static final String NODES = "nodes";

  private final FileChannel lockFile;

  private DataDirectory(FileChannel lockFile) {
    this.lockFile = lockFile;
  }

  /**
   * Opens the directory, or makes it.
   *
   * @throws ClusterException if it belongs to a cluster of another size, to something else, or to a
   *     process that still runs
   */
  static DataDirectory open(Path directory, int nodes) throws IOException, ClusterException {
    Path properties = directory.resolve("cluster.properties");
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new ClusterException(directory + " is a file; name a directory for the data");
    }
    if (Files.exists(properties)) {
      int madeWith = readNodes(properties);
      if (madeWith != nodes) {
        throw new ClusterException(
            "%s holds a cluster of %d nodes, not %d; use --nodes %d or another --data-dir"
                .formatted(directory, madeWith, nodes, madeWith));
      }
    } else if (holdsSomething(directory)) {
      throw new ClusterException(
          directory + " is not empty and holds no cluster; choose an empty or a new --data-dir");
    }
    Files.createDirectories(directory);
    FileChannel lockFile = lock(directory);
    if (!Files.exists(properties)) {
      writeNodes(properties, nodes);
    }
    return new DataDirectory(lockFile);
  }

  private static FileChannel lock(Path directory) throws IOException, ClusterException {
    FileChannel file =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock;
    try {
      lock = file.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      file.close();
      throw new ClusterException(
          "another process runs a cluster in "
              + directory
              + "; stop it, or use another --data-dir and other ports");
    }
    return file;
  }

  private static boolean holdsSomething(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return false;
    }
    try (Stream<Path> files = Files.list(directory)) {
      // A run that ended between taking the lock and writing the properties leaves only the lock.
      return files.anyMatch(file -> !file.endsWith("lock"));
    }
  }

  private static int readNodes(Path file) throws IOException, ClusterException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    try {
      return Integer.parseInt(properties.getProperty(NODES, ""));
    } catch (NumberFormatException e) {
      throw new ClusterException(
          "%s does not say how many nodes the cluster has; restore its line %s=NUMBER"
              .formatted(file, NODES));
    }
  }

  private static void writeNodes(Path file, int nodes) throws IOException {
    Properties properties = new Properties();
    properties.setProperty(NODES, Integer.toString(nodes));
    try (Writer writer = Files.newBufferedWriter(file)) {
      properties.store(writer, "A cluster made by jangada up");
    }
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
