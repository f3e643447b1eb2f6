package dev.jangada.simulation.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.storage.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SimulatedDiskTest {

  private static final int SEEDS = 200;
  private static final int SECTOR = 512;

  private static SimulatedDisk disk(long seed) {
    return new SimulatedDisk(new SplittableRandom(seed));
  }

  /** A durable file of zeros. */
  private static DiskFile durableFile(SimulatedDisk disk, int size) throws IOException {
    DiskFile file = disk.create("file", size);
    file.sync();
    disk.syncDirectory();
    return file;
  }

  private static ByteBuffer filled(int value, int size) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  private static byte[] contents(SimulatedDisk disk) throws IOException {
    try (DiskFile file = disk.open("file")) {
      byte[] bytes = new byte[(int) file.size()];
      file.read(ByteBuffer.wrap(bytes), 0);
      return bytes;
    }
  }

  private static void cyclePower(SimulatedDisk disk) {
    disk.losePower();
    disk.restart();
  }

  @Test
  void whatWasSyncedSurvivesAPowerLoss() throws IOException {
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      DiskFile file = durableFile(disk, 5000);
      file.write(filled(7, 3000), 1000);
      file.sync();
      cyclePower(disk);

      byte[] expected = new byte[5000];
      Arrays.fill(expected, 1000, 4000, (byte) 7);
      assertThat(contents(disk)).as("seed " + seed).isEqualTo(expected);
    }
  }

  @Test
  void unsyncedSectorsAreKeptOrLostIndependently() throws IOException {
    TreeSet<String> outcomes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      DiskFile file = durableFile(disk, 4 * SECTOR);
      file.write(filled(1, 4 * SECTOR), 0);
      file.sync();
      file.write(filled(2, 3 * SECTOR), SECTOR / 2);
      assertThat(contents(disk)[3 * SECTOR]).as("seen before the power loss").isEqualTo((byte) 2);
      cyclePower(disk);

      StringBuilder outcome = new StringBuilder();
      byte[] bytes = contents(disk);
      for (int i = 0; i < bytes.length; i += SECTOR / 2) {
        byte[] half = Arrays.copyOfRange(bytes, i, i + SECTOR / 2);
        assertThat(half).as("seed " + seed).containsOnly(half[0]);
        outcome.append(half[0]);
      }
      outcomes.add(outcome.toString());
    }
    // The write covers half of the first and of the last sector: 2 to the power of 4 outcomes.
    assertThat(outcomes).hasSize(16).contains("11111111", "12222221", "11222211", "12112221");
  }

  @Test
  void anUnsyncedSizeIsKeptOrLost() throws IOException {
    TreeSet<Integer> sizes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      DiskFile file = durableFile(disk, 100);
      file.write(filled(3, 50), 80);
      cyclePower(disk);
      sizes.add(contents(disk).length);
    }
    assertThat(sizes).containsExactly(100, 130);
  }

  @Test
  void aTruncationIsDurableOnlyAfterASync() throws IOException {
    TreeSet<Integer> sizes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      DiskFile file = durableFile(disk, 100);
      file.truncate(40);
      cyclePower(disk);
      sizes.add(contents(disk).length);
    }
    assertThat(sizes).containsExactly(40, 100);

    SimulatedDisk disk = disk(1);
    DiskFile file = durableFile(disk, 100);
    file.write(filled(9, 100), 0);
    file.truncate(40);
    file.write(filled(8, 1), 99);
    file.sync();
    cyclePower(disk);
    assertThat(Arrays.copyOfRange(contents(disk), 40, 99)).containsOnly(0);
  }

  @Test
  void namesAreDurableOnlyAfterSyncingTheDirectory() throws IOException {
    TreeSet<String> outcomes = new TreeSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      disk.create("kept", 0).close();
      disk.create("old", 0).close();
      disk.syncDirectory();
      DiskFile file = disk.create("new", 10);
      file.sync();
      disk.rename("old", "renamed");
      disk.delete("kept");
      cyclePower(disk);
      outcomes.add(String.join(" ", disk.list()));
    }
    assertThat(outcomes)
        .containsExactlyInAnyOrder(
            "kept old",
            "kept renamed",
            "kept new old",
            "kept new renamed",
            "old",
            "renamed",
            "new old",
            "new renamed");
  }

  @Test
  void aFailedSyncGivesUpWhatItDidNotWrite() throws IOException {
    int givenUp = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      DiskFile file = durableFile(disk, SECTOR);
      file.write(filled(5, SECTOR), 0);
      disk.failAt(disk.operations() + 1);
      assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
      file.sync();
      assertThat(contents(disk)).as("what processes see").containsOnly(5);
      cyclePower(disk);
      givenUp += contents(disk)[0] == 0 ? 1 : 0;
    }
    assertThat(givenUp).as("sectors lost although a later sync succeeded").isBetween(50, 150);
  }

  @Test
  void writingAgainAfterAFailedSyncHelps() throws IOException {
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      DiskFile file = durableFile(disk, SECTOR);
      file.write(filled(5, SECTOR), 0);
      disk.failAt(disk.operations() + 1);
      assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
      file.write(filled(5, SECTOR), 0);
      file.sync();
      cyclePower(disk);
      assertThat(contents(disk)).as("seed " + seed).containsOnly(5);
    }
  }

  @Test
  void nothingWorksWithoutPowerNorOnFilesOpenedBefore() throws IOException {
    SimulatedDisk disk = disk(1);
    DiskFile file = durableFile(disk, 10);
    disk.losePowerAt(disk.operations() + 1);

    assertThatThrownBy(() -> file.write(filled(1, 1), 0)).isInstanceOf(PowerLossException.class);
    assertThatThrownBy(disk::list).isInstanceOf(PowerLossException.class);
    disk.restart();
    assertThatThrownBy(file::size).isInstanceOf(PowerLossException.class);
    assertThat(contents(disk)).hasSize(10);
  }

  @Test
  void aFullDiskRefusesToGrow() throws IOException {
    SimulatedDisk disk = disk(1);
    DiskFile file = durableFile(disk, 100);
    disk.setCapacity(150);

    assertThatThrownBy(() -> disk.create("other", 51)).hasMessageContaining("no space left");
    assertThatThrownBy(() -> file.write(filled(1, 60), 100)).hasMessageContaining("no space left");
    file.write(filled(1, 100), 0);
    file.write(filled(1, 50), 100);
  }

  @Test
  void aFlippedBitIsThereForGood() throws IOException {
    SimulatedDisk disk = disk(1);
    DiskFile file = durableFile(disk, 10_000);
    disk.flipBit("file", 5001, 3);
    assertThat(contents(disk)[5001]).isEqualTo((byte) 8);
    file.write(filled(0, 1), 5000);
    cyclePower(disk);

    assertThat(contents(disk)[5001]).isEqualTo((byte) 8);
    assertThatThrownBy(() -> disk.flipBit("file", 10_000, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** What came with the last sync a log may take for an unfinished write, if it is damaged. */
  @Test
  void damageIsThatOfWhatWasSyncedBeforeTheLastSync() throws IOException {
    for (int seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = disk(seed);
      SplittableRandom chance = new SplittableRandom(seed);
      DiskFile file = durableFile(disk, 100 * SECTOR);
      assertThat(disk.anyBitOfLongWritten(chance)).as("of nothing").isNull();
      file.write(filled(1, 1000), 0);
      file.sync();
      assertThat(bit(disk, chance).position()).as("of the only sync, half").isLessThan(500);
      file.write(filled(2, 100), 1000);
      file.sync();
      assertThat(bit(disk, chance).position()).isLessThan(1000);
      file.write(filled(3, 90 * SECTOR), 1100);
      cyclePower(disk);
      assertThat(bit(disk, chance).position()).as("in spite of a torn write").isLessThan(1000);
      try (DiskFile reopened = disk.open("file")) {
        reopened.write(filled(0, 90 * SECTOR), 1100);
        reopened.sync();
        assertThat(bit(disk, chance).position()).as("when that was cleared").isLessThan(1000);
        reopened.write(filled(4, 100), 1100);
        reopened.sync();
        assertThat(bit(disk, chance).position()).isLessThan(1100);
      }
    }
  }

  private static SimulatedDisk.Bit bit(SimulatedDisk disk, SplittableRandom chance) {
    return Objects.requireNonNull(disk.anyBitOfLongWritten(chance));
  }

  @Test
  void theSameSeedGivesTheSameDisk() throws IOException {
    List<byte[]> runs = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      SimulatedDisk disk = disk(42);
      DiskFile file = durableFile(disk, 100 * SECTOR);
      file.write(filled(1, 100 * SECTOR), 0);
      cyclePower(disk);
      runs.add(contents(disk));
    }
    assertThat(runs.get(0)).isEqualTo(runs.get(1));
  }
}
