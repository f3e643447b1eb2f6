package dev.jangada.server;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.backup.BackupInfo;
import dev.jangada.kv.backup.BackupReader;
import dev.jangada.kv.store.RocksDbOptions;
import dev.jangada.kv.store.RocksDbStore;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Makes the data directory of a member of a new cluster from a backup, as the Maintenance service's
 * {@code Snapshot} gives it. Done with the same backup for each member of the new cluster, which is
 * then started with the same settings.
 *
 * <p>The new cluster has the keys with their revisions, the leases, users and roles. It does not
 * have the members of the old one: it must have a token or names of its own, so that members of the
 * old one which may still run are not taken for its own.
 */
public final class BackupRestore {

  private static final int BUFFER_BYTES = 1 << 20;

  private BackupRestore() {}

  /**
   * Reads a backup to its end and checks it.
   *
   * @return what is in it, for people
   * @throws dev.jangada.kv.backup.DamagedBackupException if it is damaged
   * @throws IOException if it cannot be read
   */
  public static String verify(Path backup) throws IOException {
    try (InputStream in = open(backup)) {
      return describe(new BackupReader(in, backup.toString()).readTo((key, value) -> {}));
    }
  }

  private static String describe(BackupInfo info) {
    return "revision %d after entry %d, %d records, %d bytes"
        .formatted(info.revision(), info.appliedIndex(), info.records(), info.bytes());
  }

  /**
   * Makes the directory. It appears as a whole, or not at all.
   *
   * @param config of the member that will be started; its data directory must not exist, or be
   *     empty
   * @throws ConfigException if there is something in the data directory
   * @throws dev.jangada.kv.backup.DamagedBackupException if the backup is damaged
   * @throws IOException if it cannot be read, or the directory not be written
   */
  public static String restore(Path backup, ServerConfig config) throws IOException {
    Path target = config.dataDirectory().toAbsolutePath().normalize();
    if (Files.exists(target) && !isEmptyDirectory(target)) {
      throw new ConfigException(
          "--data-dir %s is not empty: a backup is restored into a directory of its own"
              .formatted(target));
    }
    Path unfinished = target.resolveSibling(target.getFileName() + ".restoring");
    delete(unfinished);
    Files.createDirectories(unfinished);
    try {
      BackupInfo info = restore(backup, config, unfinished.resolve("member"));
      Files.deleteIfExists(target);
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      // Or a crash may take the directory back, and the member begins with an empty one.
      syncParent(target);
      return describe(info);
    } catch (Throwable failure) {
      try {
        delete(unfinished);
      } catch (IOException another) {
        failure.addSuppressed(another);
      }
      throw failure;
    }
  }

  private static BackupInfo restore(Path backup, ServerConfig config, Path member)
      throws IOException {
    BackupInfo info;
    try (InputStream in = open(backup);
        RocksDbStore store = RocksDbStore.open(RocksDbOptions.in(member.resolve("kv")))) {
      info = KvStateMachine.restore(new BackupReader(in, backup.toString()), store);
    }
    JangadaServer.nodeBuilder(config, member).createLogAfter(info.appliedIndex());
    return info;
  }

  private static void syncParent(Path directory) throws IOException {
    Path parent = directory.getParent();
    if (parent != null) {
      try (FileChannel channel = FileChannel.open(parent, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static InputStream open(Path backup) throws IOException {
    return new BufferedInputStream(Files.newInputStream(backup), BUFFER_BYTES);
  }

  private static boolean isEmptyDirectory(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isEmpty();
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
