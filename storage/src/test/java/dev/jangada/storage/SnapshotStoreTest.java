package dev.jangada.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {

  private static SnapshotMetadata covering(EntryId last) {
    return new SnapshotMetadata(last, Membership.ofVoters(List.of(1L, 2L, last.index() + 2)));
  }

  private static final EntryId FIRST = new EntryId(100, 2);
  private static final EntryId SECOND = new EntryId(250, 4);

  @TempDir private Path directory;
  private FileDisk disk;
  private SnapshotStore store;

  @BeforeEach
  void open() throws IOException {
    disk = FileDisk.open(directory);
    store = SnapshotStore.open(disk);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
    disk.close();
  }

  private void reopen() throws IOException {
    close();
    open();
  }

  static byte[] data(int bytes, long seed) {
    byte[] data = new byte[bytes];
    new Random(seed).nextBytes(data);
    return data;
  }

  private void save(EntryId last, byte[] data) throws IOException {
    try (SnapshotWriter writer = store.create(covering(last))) {
      writer.append(data);
      writer.commit();
    }
  }

  private StoredSnapshot latest() {
    return Objects.requireNonNull(store.latest());
  }

  private void checkLatest(EntryId last, byte[] data) throws IOException {
    try (StoredSnapshot snapshot = latest();
        InputStream in = snapshot.open()) {
      assertThat(snapshot.last()).isEqualTo(last);
      assertThat(snapshot.index()).isEqualTo(last.index());
      assertThat(snapshot.size()).isEqualTo(data.length);
      assertThat(in.readAllBytes()).isEqualTo(data);
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void anEmptyDiskHasNoSnapshot() {
    assertThat(store.latest()).isNull();
    assertThat(store.latestId()).isEqualTo(EntryId.NONE);
  }

  @Test
  void whatWasCommittedIsTheLatestAlsoAfterOpeningAgain() throws IOException {
    int block = SnapshotFormat.BLOCK_BYTES;
    int index = 1;
    for (int size : new int[] {0, 1, block - 1, block, block + 1, 3 * block, 10 << 20}) {
      byte[] data = data(size, size);
      EntryId last = new EntryId(index++, 3);
      save(last, data);
      checkLatest(last, data);
      reopen();
      checkLatest(last, data);
      assertThat(disk.list()).hasSize(1);
    }
  }

  @Test
  void aSnapshotMayBeWrittenInPiecesOfAnySize() throws IOException {
    byte[] data = data(500_000, 1);
    try (SnapshotWriter writer = store.create(covering(FIRST))) {
      Random random = new Random(1);
      int done = 0;
      while (done < data.length) {
        int count = Math.min(data.length - done, random.nextInt(100_000));
        writer.append(data, done, count);
        done += count;
        assertThat(writer.size()).isEqualTo(done);
      }
      assertThat(store.latest()).as("before it is committed").isNull();
      writer.commit();
    }
    checkLatest(FIRST, data);
  }

  @Test
  void anUncommittedSnapshotLeavesNothing() throws IOException {
    save(FIRST, data(10, 1));
    try (SnapshotWriter given = store.create(covering(SECOND))) {
      given.append(data(200_000, 2));
    }
    assertThat(disk.list()).hasSize(1);
    SnapshotWriter lost = store.create(covering(SECOND));
    lost.append(data(200_000, 2));
    assertThat(disk.list()).hasSize(2);

    reopen();

    assertThat(disk.list()).hasSize(1);
    checkLatest(FIRST, data(10, 1));
  }

  @Test
  void aNewerSnapshotReplacesTheOlderButNotUnderItsReaders() throws IOException {
    byte[] older = data(300_000, 1);
    save(FIRST, older);
    StoredSnapshot reading = latest();
    InputStream in = reading.open();
    assertThat(in.readNBytes(10)).isEqualTo(Arrays.copyOf(older, 10));

    save(SECOND, data(10, 2));

    assertThat(disk.list()).containsExactly(SnapshotFormat.fileName(SECOND));
    checkLatest(SECOND, data(10, 2));
    reading.close();
    assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(older, 10, older.length));
    in.close();
    assertThatThrownBy(reading::open).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(in::read).isInstanceOf(IOException.class);
  }

  @Test
  void anOlderSnapshotThatIsReadyTooLateChangesNothing() throws IOException {
    SnapshotWriter late = store.create(covering(FIRST));
    late.append(data(10, 1));
    save(SECOND, data(10, 2));

    late.commit();

    checkLatest(SECOND, data(10, 2));
    assertThat(disk.list()).hasSize(1);
  }

  @Test
  void readingMayBeginAnywhere() throws IOException {
    byte[] data = data(300_000, 1);
    save(FIRST, data);
    try (StoredSnapshot snapshot = latest()) {
      for (int from : new int[] {0, 1, 65_535, 65_536, 65_537, 299_999, 300_000}) {
        try (InputStream in = snapshot.open()) {
          in.skipNBytes(from);
          assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(data, from, data.length));
        }
      }
    }
  }

  @Test
  void aFailureToWriteLosesNothingButTheNewSnapshot() throws IOException {
    save(FIRST, data(10, 1));
    SnapshotStore failing =
        SnapshotStore.open(
            new FilterDisk(disk) {
              @Override
              public void rename(String from, String to) throws IOException {
                throw new IOException("cannot rename");
              }
            });
    try (SnapshotWriter writer = failing.create(covering(SECOND))) {
      writer.append(data(10, 2));
      assertThatThrownBy(writer::commit).hasMessage("cannot rename");
    }
    assertThat(failing.latestId()).isEqualTo(FIRST);
    failing.close();

    reopen();

    checkLatest(FIRST, data(10, 1));
    assertThat(disk.list()).hasSize(1);
  }

  @Test
  void otherFilesOfTheDiskAreLeftAlone() throws IOException {
    disk.create("other", 0).close();
    WriteAheadLog.open(disk, WalConfig.of(1, 1).withSegmentBytes(8192)).close();
    SnapshotWriter unfinished = store.create(covering(FIRST));
    WriteAheadLog.open(disk, WalConfig.of(1, 1).withSegmentBytes(8192)).close();
    unfinished.commit();
    reopen();
    checkLatest(FIRST, new byte[0]);
    assertThat(disk.list()).hasSize(3).contains("other");
  }

  @Test
  void aCommittedOrAbortedWriterTakesNothingMore() throws IOException {
    SnapshotWriter writer = store.create(covering(FIRST));
    writer.commit();
    assertThatThrownBy(() -> writer.append(new byte[1])).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(writer::commit).isInstanceOf(IllegalStateException.class);
    writer.abort();
    checkLatest(FIRST, new byte[0]);
    assertThatThrownBy(() -> store.create(covering(EntryId.NONE)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void membershipIsFoundAgain() throws IOException {
    try (SnapshotWriter writer = store.create(covering(FIRST))) {
      writer.append(new byte[10]);
      writer.commit();
    }
    try (SnapshotStore again = SnapshotStore.open(disk);
        StoredSnapshot snapshot = again.latest()) {
      assertThat(snapshot).extracting(StoredSnapshot::metadata).isEqualTo(covering(FIRST));
    }
  }
}
