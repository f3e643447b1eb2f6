package dev.jangada.node;

import dev.jangada.raft.EntryId;
import dev.jangada.storage.FileDisk;
import dev.jangada.storage.LogCheck;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is in the data directory of a node that is stopped: its log and its snapshot, read from
 * beginning to end.
 *
 * @param facts what there is, a line each, for people
 * @param base what the log begins after; null if it is damaged
 * @param last the log's last entry; null if it is damaged
 * @param snapshot the last entry that the snapshot covers; {@link EntryId#NONE} if there is none,
 *     null if it is damaged
 * @param damage what is wrong, with file, offset and what can be done; empty if all is well
 */
public record StorageReport(
    List<String> facts,
    @Nullable EntryId base,
    @Nullable EntryId last,
    @Nullable EntryId snapshot,
    List<String> damage) {

  public StorageReport {
    facts = List.copyOf(facts);
    damage = List.copyOf(damage);
  }

  /**
   * Checks a data directory and changes nothing in it.
   *
   * @throws IOException if there is no log in it, a node that runs has it, or it cannot be read
   */
  public static StorageReport of(Path dataDirectory) throws IOException {
    Path directory = dataDirectory.resolve(NodeStorage.LOG_DIRECTORY);
    if (!Files.isDirectory(directory)) {
      throw new FileNotFoundException(directory + ": there is no such directory, so no log");
    }
    try (FileDisk disk = FileDisk.open(directory)) {
      LogCheck log = LogCheck.of(disk);
      List<String> facts = new ArrayList<>();
      facts.add(
          "log of member %s in cluster %s: %d segments"
              .formatted(
                  MemberId.toString(log.nodeId()),
                  MemberId.toString(log.clusterId()),
                  log.segments()));
      if (log.last() != null) {
        facts.add(
            "entries after %s up to %s, %s".formatted(log.base(), log.last(), log.hardState()));
      }
      if (log.snapshot() != null && log.snapshot().index() > 0) {
        facts.add(
            "snapshot up to entry %s, %d bytes".formatted(log.snapshot(), log.snapshotBytes()));
      }
      if (NodeStorage.isBeingForced(disk)) {
        facts.add(
            "being made the only member of its cluster: that was cut short, and has to be done"
                + " again");
      }
      return new StorageReport(facts, log.base(), log.last(), log.snapshot(), log.damage());
    }
  }
}
