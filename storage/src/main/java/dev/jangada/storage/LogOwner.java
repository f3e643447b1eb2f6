package dev.jangada.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose log a directory holds.
 *
 * @param clusterId the cluster that the log belongs to
 * @param nodeId the node that it belongs to
 */
public record LogOwner(long clusterId, long nodeId) {

  /**
   * Looks at a log without opening it.
   *
   * @return null if there is no log, or no header of it can be read
   * @throws IOException if the disk cannot be read, or the log is of a version that is not known
   */
  public static @Nullable LogOwner of(Disk disk) throws IOException {
    List<String> segments =
        disk.list().stream().filter(name -> SegmentHeader.sequenceOf(name) > 0).toList();
    for (String name : segments) {
      ByteBuffer page = ByteBuffer.allocate(SegmentHeader.BYTES);
      try (DiskFile file = disk.open(name)) {
        file.read(page, 0);
      }
      SegmentHeader header = SegmentHeader.decode(page.flip());
      if (header != null) {
        // All of a log name the same owner.
        return new LogOwner(header.clusterId(), header.nodeId());
      }
    }
    return null;
  }
}
