package dev.jangada.simulation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.storage.SnapshotStore;
import dev.jangada.storage.SnapshotWriter;
import dev.jangada.storage.StoredSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loses the power at every operation of writing snapshots, or has it fail, and checks that the
 * latest one committed is there, whole, or the one that was being committed.
 */
class SnapshotStoreCrashTest {

  private static final int SNAPSHOTS = 4;

  /** How far a run came: numbers of snapshots. */
  private static final class Progress {
    private int committed;
    private int attempted;
  }

  private static EntryId last(int number) {
    return new EntryId(10L * number, number);
  }

  private static byte[] data(long seed, int number) {
    SplittableRandom random = new SplittableRandom(seed * 100 + number);
    byte[] data = new byte[random.nextInt(200_000)];
    random.nextBytes(data);
    return data;
  }

  private static void write(SnapshotStore store, long seed, Progress progress) throws IOException {
    for (int number = progress.committed + 1; number <= SNAPSHOTS; number++) {
      if (number == 2) {
        // One that is given up.
        try (SnapshotWriter writer =
            store.create(new SnapshotMetadata(last(number), Membership.NONE))) {
          writer.append(data(seed, 99));
        }
      }
      progress.attempted = number;
      try (SnapshotWriter writer =
          store.create(new SnapshotMetadata(last(number), Membership.NONE))) {
        writer.append(data(seed, number));
        writer.commit();
      }
      progress.committed = number;
    }
  }

  private static void check(SimulatedDisk disk, long seed, Progress progress, String where)
      throws IOException {
    try (SnapshotStore store = SnapshotStore.open(disk)) {
      int found = 0;
      StoredSnapshot snapshot = store.latest();
      if (snapshot != null) {
        found = (int) snapshot.index() / 10;
        try (snapshot;
            InputStream in = snapshot.open()) {
          assertThat(snapshot.last()).as(where).isEqualTo(last(found));
          assertThat(in.readAllBytes()).as(where).isEqualTo(data(seed, found));
        }
      }
      assertThat(found).as(where).isBetween(progress.committed, progress.attempted);
      assertThat(disk.list()).as(where + ": nothing else").hasSize(found == 0 ? 0 : 1);
      // It is no worse for it: all others can be written.
      progress.committed = found;
      write(store, seed, progress);
      assertThat(store.latestId()).as(where).isEqualTo(last(SNAPSHOTS));
    }
  }

  private static long operations(long seed) throws IOException {
    SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(0));
    try (SnapshotStore store = SnapshotStore.open(disk)) {
      write(store, seed, new Progress());
    }
    return disk.operations();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void powerLossAtEveryOperationKeepsTheLatestSnapshot(long seed) throws IOException {
    long operations = operations(seed);
    for (long operation = 1; operation <= operations; operation++) {
      for (int outcome = 0; outcome < 4; outcome++) {
        String where = "seed " + seed + ", operation " + operation + ", outcome " + outcome;
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed * 1000 + outcome));
        Progress progress = new Progress();
        disk.losePowerAt(operation);
        try (SnapshotStore store = SnapshotStore.open(disk)) {
          write(store, seed, progress);
        } catch (PowerLossException lost) {
          assertThat(disk.isPowered()).as(where).isFalse();
        }
        disk.restart();
        if (outcome % 2 == 1) {
          losePowerOnOpening(disk);
        }
        check(disk, seed, progress, where);
      }
    }
  }

  /** Opens the store, losing the power at the first, then at the second, … operation of that. */
  private static void losePowerOnOpening(SimulatedDisk disk) throws IOException {
    for (int operation = 1; ; operation++) {
      disk.losePowerAt(disk.operations() + operation);
      try {
        SnapshotStore.open(disk).close();
        disk.losePowerAt(Long.MAX_VALUE);
        return;
      } catch (PowerLossException lost) {
        disk.restart();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void aFailureOfAnyOperationLosesNothingCommitted(long seed) throws IOException {
    long operations = operations(seed);
    for (long operation = 1; operation <= operations; operation++) {
      for (boolean powerLoss : new boolean[] {false, true}) {
        String where = "seed " + seed + ", failure " + operation + ", power loss " + powerLoss;
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed));
        Progress progress = new Progress();
        disk.failAt(operation);
        try (SnapshotStore store = SnapshotStore.open(disk)) {
          write(store, seed, progress);
        } catch (IOException failed) {
          assertThat(failed).as(where).hasMessageContaining("input/output error");
        }
        if (powerLoss) {
          disk.losePower();
          disk.restart();
        }
        check(disk, seed, progress, where);
      }
    }
  }
}
