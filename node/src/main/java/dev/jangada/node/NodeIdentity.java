package dev.jangada.node;

import dev.jangada.storage.FileDisk;
import dev.jangada.storage.LogOwner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * By which numbers a node goes.
 *
 * @param clusterId the cluster's, not 0
 * @param memberId its own in the cluster, not 0
 */
public record NodeIdentity(long clusterId, long memberId) {

  public NodeIdentity {
    if (clusterId == 0 || memberId == 0) {
      throw new IllegalArgumentException("the id 0 means nobody");
    }
  }

  /**
   * Whose log is in a node's data directory.
   *
   * @return null if there is none
   * @throws IOException if it cannot be read, or is in use
   */
  public static @Nullable NodeIdentity inDirectory(Path dataDirectory) throws IOException {
    Path log = dataDirectory.resolve(NodeStorage.LOG_DIRECTORY);
    if (!Files.exists(log)) {
      return null;
    }
    try (FileDisk disk = FileDisk.open(log)) {
      LogOwner owner = LogOwner.of(disk);
      return owner == null ? null : new NodeIdentity(owner.clusterId(), owner.nodeId());
    }
  }
}
