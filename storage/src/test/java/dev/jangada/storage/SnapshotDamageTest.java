package dev.jangada.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/** Damages a committed snapshot and checks that it is never handed out, and the place is named. */
class SnapshotDamageTest {

  private static SnapshotMetadata covering(EntryId last) {
    return new SnapshotMetadata(last, Membership.ofVoters(List.of(1L, 2L, last.index() + 2)));
  }

  private static final EntryId LAST = new EntryId(77, 3);
  private static final byte[] DATA = SnapshotStoreTest.data(200_000, 5);

  private Path directory = Path.of("");
  private Path file = Path.of("");
  private byte[] contents = {};

  @BeforeProperty
  void writeSnapshot() throws IOException {
    directory = Files.createTempDirectory("snapshot");
    file = directory.resolve(SnapshotFormat.fileName(LAST));
    try (FileDisk disk = FileDisk.open(directory);
        SnapshotStore store = SnapshotStore.open(disk);
        SnapshotWriter writer = store.create(covering(LAST))) {
      writer.append(DATA);
      writer.commit();
    }
    contents = Files.readAllBytes(file);
  }

  @AfterProperty
  void deleteSnapshot() throws IOException {
    Files.delete(file);
    Files.delete(directory.resolve("LOCK"));
    Files.delete(directory);
  }

  /** What reading the snapshot gives before it ends or fails. */
  private record Reading(byte[] good, CorruptSnapshotException failure) {}

  private Reading read() throws IOException {
    byte[] good = new byte[0];
    try (FileDisk disk = FileDisk.open(directory)) {
      CorruptSnapshotException refused =
          catchThrowableOfType(
              CorruptSnapshotException.class, () -> SnapshotStore.open(disk).close());
      if (refused != null) {
        return new Reading(good, refused);
      }
      try (SnapshotStore store = SnapshotStore.open(disk);
          StoredSnapshot snapshot = Objects.requireNonNull(store.latest());
          InputStream in = snapshot.open()) {
        while (true) {
          byte[] more = in.readNBytes(1000);
          if (more.length == 0) {
            throw new AssertionError("damage that was not found");
          }
          good = Arrays.copyOf(good, good.length + more.length);
          System.arraycopy(more, 0, good, good.length - more.length, more.length);
        }
      } catch (CorruptSnapshotException failure) {
        return new Reading(good, failure);
      }
    }
  }

  private void checkFound(int offset) throws IOException {
    Reading reading = read();
    assertThat(reading.failure())
        .hasMessageContaining(file.toString())
        .hasMessageContaining("offset " + reading.failure().offset());
    assertThat(reading.failure().file()).isEqualTo(file.toString());
    assertThat(reading.failure().offset()).isLessThanOrEqualTo(offset);
    assertThat(offset - reading.failure().offset())
        .isLessThan(SnapshotFormat.BLOCK_BYTES + SnapshotFormat.CHECKSUM_BYTES);
    assertThat(reading.good()).isEqualTo(Arrays.copyOf(DATA, reading.good().length));
  }

  @Property(tries = 300)
  void anyFlippedBitIsFoundAndNamed(
      @ForAll @IntRange(max = 1_000_000) int where, @ForAll @IntRange(max = 7) int bit)
      throws IOException {
    int offset = where % contents.length;
    byte[] damaged = contents.clone();
    damaged[offset] ^= (byte) (1 << bit);
    Files.write(file, damaged);

    checkFound(offset);
  }

  @Property(tries = 1)
  void anyFlippedBitOfTheHeaderAndTheTrailerIsFound() throws IOException {
    for (int i = 0; i < 8 * (SnapshotFormat.HEADER_BYTES + SnapshotFormat.TRAILER_BYTES); i++) {
      int at = i / 8;
      int offset =
          at < SnapshotFormat.HEADER_BYTES
              ? at
              : contents.length - 1 - (at - SnapshotFormat.HEADER_BYTES);
      byte[] damaged = contents.clone();
      damaged[offset] ^= (byte) (1 << i % 8);
      Files.write(file, damaged);

      checkFound(offset);
    }
  }

  @Property(tries = 50)
  void aShortenedOrExtendedFileIsRefused(@ForAll @IntRange(max = 1_000_000) int where)
      throws IOException {
    int size = where % (contents.length + 1000);
    Files.write(file, Arrays.copyOf(contents, size == contents.length ? size + 1 : size));

    assertThat(read().good()).isEmpty();
  }

  @Property(tries = 1)
  void exchangedBlocksAreFound() throws IOException {
    byte[] damaged = contents.clone();
    int first = (int) SnapshotFormat.blockOffset(0);
    int second = (int) SnapshotFormat.blockOffset(1);
    System.arraycopy(contents, first, damaged, second, second - first);
    System.arraycopy(contents, second, damaged, first, second - first);
    Files.write(file, damaged);

    checkFound(first);
  }

  @Property(tries = 1)
  void aSnapshotUnderTheNameOfAnotherIsRefused() throws IOException {
    Path other = directory.resolve(SnapshotFormat.fileName(new EntryId(78, 3)));
    Files.write(other, contents);

    Reading reading = read();

    Files.delete(other);
    assertThat(reading.failure()).hasMessageContaining("this file was written as");
  }
}
