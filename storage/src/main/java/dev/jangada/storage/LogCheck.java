package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log and its snapshot from beginning to end, as opening them would, and changes nothing:
 * what is wrong is told, with file and offset, and left as it is.
 *
 * @param segments how many files the log has
 * @param clusterId the cluster that the log belongs to; 0 if nothing tells
 * @param nodeId the node that it belongs to; 0 if nothing tells
 * @param hardState term and vote; null if the log is damaged
 * @param base what the log begins after; null if it is damaged
 * @param last its last entry; null if it is damaged
 * @param snapshot the last entry that the snapshot covers; {@link EntryId#NONE} if there is none,
 *     null if it is damaged
 * @param snapshotBytes its length
 * @param damage what is wrong: of each of the two, the first place that is
 */
public record LogCheck(
    int segments,
    long clusterId,
    long nodeId,
    @Nullable HardState hardState,
    @Nullable EntryId base,
    @Nullable EntryId last,
    @Nullable EntryId snapshot,
    long snapshotBytes,
    List<String> damage) {

  private static final int BUFFER_BYTES = 256 << 10;

  public LogCheck {
    damage = List.copyOf(damage);
  }

  /**
   * Checks what is on a disk, which nobody may be writing.
   *
   * @throws IOException if the disk cannot be read, or the log is of a version that is not known
   */
  public static LogCheck of(Disk disk) throws IOException {
    try (ScratchDisk scratch = new ScratchDisk(disk)) {
      return of(scratch, disk.list());
    }
  }

  private static LogCheck of(ScratchDisk scratch, List<String> files) throws IOException {
    List<String> damage = new ArrayList<>();
    List<String> names = files.stream().filter(name -> SegmentHeader.sequenceOf(name) > 0).toList();
    LogOwner owner = LogOwner.of(scratch);
    long clusterId = owner == null ? 0 : owner.clusterId();
    long nodeId = owner == null ? 0 : owner.nodeId();
    HardState hardState = null;
    EntryId base = null;
    EntryId last = null;
    try (WriteAheadLog log = WriteAheadLog.open(scratch, WalConfig.of(clusterId, nodeId))) {
      hardState = log.hardState();
      base = log.base();
      last = log.last();
    } catch (CorruptLogException | ForeignLogException e) {
      damage.add(String.valueOf(e.getMessage()));
    }
    EntryId snapshot = null;
    long snapshotBytes = 0;
    try (SnapshotStore snapshots = SnapshotStore.open(scratch);
        StoredSnapshot latest = snapshots.latest()) {
      if (latest != null) {
        snapshotBytes = latest.size();
        readThrough(latest);
      }
      snapshot = latest == null ? EntryId.NONE : latest.last();
    } catch (CorruptSnapshotException e) {
      damage.add(String.valueOf(e.getMessage()));
    }
    return new LogCheck(
        names.size(), clusterId, nodeId, hardState, base, last, snapshot, snapshotBytes, damage);
  }

  private static void readThrough(StoredSnapshot snapshot) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = snapshot.open()) {
      while (in.read(buffer) >= 0) {
        // Reading verifies.
      }
    }
  }
}
