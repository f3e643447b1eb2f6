package dev.jangada.storage;

import static dev.jangada.storage.WriteAheadLogTest.entries;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log and a snapshot that are checked, whole and damaged, and never changed by that. */
class LogCheckTest {

  private static final WalConfig SMALL =
      WalConfig.of(7, 11).withSegmentBytes(WalConfig.MIN_SEGMENT_BYTES);

  @TempDir private Path directory;

  private LogCheck check() throws IOException {
    Map<String, byte[]> before = contents();
    try (FileDisk disk = FileDisk.open(directory)) {
      return LogCheck.of(disk);
    } finally {
      assertThat(contents()).usingRecursiveComparison().isEqualTo(before);
    }
  }

  private Map<String, byte[]> contents() throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(path -> !path.endsWith("LOCK")).toList()) {
        contents.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }

  /** A log of several segments, cut off behind entry 20, and a snapshot up to entry 15. */
  private void write() throws IOException {
    try (FileDisk disk = FileDisk.open(directory);
        WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
        SnapshotStore snapshots = SnapshotStore.open(disk)) {
      for (int i = 1; i <= 100; i += 10) {
        log.append(new HardState(3, 11), entries(i, i + 10, 3, 300));
        log.sync();
      }
      try (SnapshotWriter writer =
          snapshots.create(new SnapshotMetadata(new EntryId(25, 3), Membership.NONE))) {
        writer.append(SnapshotStoreTest.data(200_000, 1));
        writer.commit();
      }
      log.discardUpTo(20);
      log.sync();
    }
  }

  private void flip(String file, long offset) throws IOException {
    byte[] bytes = Files.readAllBytes(directory.resolve(file));
    bytes[(int) offset] ^= 1;
    Files.write(directory.resolve(file), bytes);
  }

  private List<String> named(String suffix) throws IOException {
    return contents().keySet().stream().filter(name -> name.endsWith(suffix)).toList();
  }

  @Test
  void wholeLogIsDescribed() throws IOException {
    write();

    LogCheck check = check();

    assertThat(check.damage()).isEmpty();
    assertThat(check.clusterId()).isEqualTo(7);
    assertThat(check.nodeId()).isEqualTo(11);
    assertThat(check.hardState()).isEqualTo(new HardState(3, 11));
    assertThat(check.base()).isEqualTo(new EntryId(20, 3));
    assertThat(check.last()).isEqualTo(new EntryId(100, 3));
    assertThat(check.snapshot()).isEqualTo(new EntryId(25, 3));
    assertThat(check.snapshotBytes()).isEqualTo(200_000);
    assertThat(check.segments()).isEqualTo(named(".wal").size()).isGreaterThan(2);
  }

  @Test
  void tornEndIsNoDamageAndStaysAsItIs() throws IOException {
    try (FileDisk disk = FileDisk.open(directory);
        WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 0), entries(1, 3, 1, 300));
    }
    String segment = named(".wal").getFirst();
    byte[] bytes = Files.readAllBytes(directory.resolve(segment));
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    bytes[end + 40] = 1;
    Files.write(directory.resolve(segment), bytes);

    LogCheck check = check();

    assertThat(check.damage()).isEmpty();
    assertThat(check.last()).isEqualTo(new EntryId(2, 1));
  }

  @Test
  void bitFlippedInTheLogIsNamedByFileAndOffset() throws IOException {
    write();
    String segment = named(".wal").get(1);
    flip(segment, 5_000);

    LogCheck check = check();

    assertThat(check.damage()).singleElement().asString().contains(segment).contains("offset ");
    assertThat(check.last()).isNull();
    assertThat(check.snapshot()).isEqualTo(new EntryId(25, 3));
  }

  @Test
  void bitFlippedInAHeaderIsNamedAndTheOwnerIsFoundInAnother() throws IOException {
    write();
    String segment = named(".wal").getFirst();
    flip(segment, 20);

    LogCheck check = check();

    assertThat(check.damage()).singleElement().asString().contains(segment).contains("offset 0");
    assertThat(check.nodeId()).isEqualTo(11);
  }

  @Test
  void bitFlippedInTheSnapshotIsNamedBesideThatInTheLog() throws IOException {
    write();
    String snapshot =
        contents().keySet().stream().filter(name -> !name.endsWith(".wal")).findFirst().get();
    flip(snapshot, 150_000);
    flip(named(".wal").getFirst(), 20);

    LogCheck check = check();

    assertThat(check.damage()).hasSize(2);
    assertThat(check.damage().get(1)).contains(snapshot).contains("offset ");
    assertThat(check.snapshot()).isNull();
  }
}
