package dev.jangada.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.raft.InvariantViolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteAheadLogTest {

  private static final WalConfig SMALL =
      WalConfig.of(7, 11).withSegmentBytes(WalConfig.MIN_SEGMENT_BYTES);

  @TempDir private Path directory;
  private FileDisk disk;

  @BeforeEach
  void openDisk() throws IOException {
    disk = FileDisk.open(directory);
  }

  @AfterEach
  void closeDisk() throws IOException {
    disk.close();
  }

  static Entry entry(long index, long term, int bytes) {
    byte[] data = new byte[bytes];
    Arrays.fill(data, (byte) (index * 31 + term));
    return new Entry(index, term, EntryType.COMMAND, -term, index << 40, data);
  }

  static List<Entry> entries(long from, long to, long term, int bytes) {
    return LongStream.range(from, to).mapToObj(index -> entry(index, term, bytes)).toList();
  }

  static List<Entry> readAll(WriteAheadLog log) {
    long last = log.last().index();
    return last == 0 ? List.of() : log.read(1, last + 1, Long.MAX_VALUE);
  }

  @Test
  void openOnAnEmptyDiskBeginsAnEmptyLog() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.hardState()).isEqualTo(HardState.INITIAL);
      assertThat(log.last()).isEqualTo(EntryId.NONE);
      assertThat(log.termStarts()).isEmpty();
    }
  }

  @Test
  void reopenFindsWhatWasSynced() throws IOException {
    List<Entry> written = new ArrayList<>();
    written.add(Entry.noop(1, 3));
    written.addAll(entries(2, 10, 3, 100));
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(3, -5), written);
      log.sync();
    }

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.hardState()).isEqualTo(new HardState(3, -5));
      assertThat(log.last()).isEqualTo(new EntryId(9, 3));
      assertThat(log.termStarts()).containsExactly(new EntryId(1, 3));
      assertThat(readAll(log)).isEqualTo(written);
    }
  }

  @Test
  void aHardStateAloneIsKept() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, HardState.NO_VOTE), List.of());
      log.append(new HardState(1, 2), List.of());
      log.append(new HardState(9, 4), List.of());
      log.sync();
    }

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.hardState()).isEqualTo(new HardState(9, 4));
    }
  }

  @Test
  void readSeesWhatWasAppendedButNotSynced() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), entries(1, 4, 1, 10));
      log.sync();
      log.append(null, entries(4, 8, 1, 10));

      assertThat(readAll(log)).isEqualTo(entries(1, 8, 1, 10));
    }
  }

  @Test
  void readStopsWithTheEntryThatReachesTheLimit() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), entries(1, 50, 1, 36));

      assertThat(log.read(10, 50, 1)).isEqualTo(entries(10, 11, 1, 36));
      assertThat(log.read(10, 50, 200)).isEqualTo(entries(10, 12, 1, 36));
      assertThat(log.read(10, 50, 201)).isEqualTo(entries(10, 13, 1, 36));
      assertThat(log.read(10, 12, 1000)).isEqualTo(entries(10, 12, 1, 36));
    }
  }

  @Test
  void readOutsideTheLogIsABrokenInvariant() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), entries(1, 5, 1, 10));

      assertThatThrownBy(() -> log.read(0, 2, 1)).isInstanceOf(InvariantViolation.class);
      assertThatThrownBy(() -> log.read(2, 2, 1)).isInstanceOf(InvariantViolation.class);
      assertThatThrownBy(() -> log.read(4, 6, 1)).isInstanceOf(InvariantViolation.class);
    }
  }

  @Test
  void appendReplacesTheSuffixFromTheFirstEntryOn() throws IOException {
    List<Entry> expected = new ArrayList<>(entries(1, 6, 1, 50));
    expected.addAll(entries(6, 9, 2, 60));
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), entries(1, 20, 1, 50));
      log.append(new HardState(2, 0), entries(6, 9, 2, 60));

      assertThat(readAll(log)).isEqualTo(expected);
      log.sync();
    }

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.last()).isEqualTo(new EntryId(8, 2));
      assertThat(log.termStarts()).containsExactly(new EntryId(1, 1), new EntryId(6, 2));
      assertThat(readAll(log)).isEqualTo(expected);
      assertThat(log.read(5, 8, Long.MAX_VALUE)).isEqualTo(expected.subList(4, 7));
    }
  }

  @Test
  void replacementsAcrossManySegmentsLeaveTheLatestEntries() throws IOException {
    List<Entry> expected = new ArrayList<>();
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      for (int term = 1; term <= 60; term++) {
        long first = Math.max(1, expected.size() - term % 5);
        List<Entry> added = entries(first, first + 3 + term % 7, term, 20 * (term % 11));
        log.append(new HardState(term, 0), added);
        expected.subList((int) first - 1, expected.size()).clear();
        expected.addAll(added);
        if (term % 3 == 0) {
          log.sync();
        }
        assertThat(readAll(log)).isEqualTo(expected);
      }
      assertThat(log.statistics().segments()).isGreaterThan(5);
    }

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(readAll(log)).isEqualTo(expected);
      for (int from = 1; from < expected.size(); from += 7) {
        assertThat(log.read(from, expected.size(), Long.MAX_VALUE))
            .isEqualTo(expected.subList(from - 1, expected.size() - 1));
      }
    }
  }

  @Test
  void anEntryLargerThanASegmentAndThanTheBufferIsKept() throws IOException {
    List<Entry> written =
        List.of(entry(1, 1, 10), entry(2, 1, 3 << 20), entry(3, 1, 20_000), entry(4, 1, 0));
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), written);
      assertThat(readAll(log)).isEqualTo(written);
      log.sync();
    }

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(readAll(log)).isEqualTo(written);
    }
  }

  @Test
  void aBatchIsOneSyncHoweverManyAppendsItHas() throws IOException {
    try (WriteAheadLog log =
        WriteAheadLog.open(disk, WalConfig.of(1, 1).withSegmentBytes(4 << 20))) {
      log.append(new HardState(1, 1), List.of());
      for (int i = 1; i < 1000; i++) {
        log.append(null, entries(i, i + 1, 1, 1000));
      }
      log.sync();
      log.sync();

      assertThat(log.statistics().syncs()).isEqualTo(1);
      assertThat(log.statistics().entries()).isEqualTo(999);
      assertThat(log.statistics().bytes()).isBetween(999_000L, 1_100_000L);
    }
  }

  @Test
  void segmentsPreparedOnAnotherThreadAreUsedAndTheLastOneIsRemoved() throws IOException {
    List<Entry> written = entries(1, 400, 1, 200);
    List<Thread> preparers = Collections.synchronizedList(new ArrayList<>());
    try (ExecutorService preparation = Executors.newSingleThreadExecutor()) {
      WalConfig config =
          SMALL.withBackground(task ->
              preparation.execute(() -> {
                preparers.add(Thread.currentThread());
                task.run();
              }));
      try (WriteAheadLog log = WriteAheadLog.open(disk, config)) {
        log.append(new HardState(1, 1), List.of());
        for (Entry entry : written) {
          log.append(null, List.of(entry));
          log.sync();
        }
        assertThat(log.statistics().segments()).isGreaterThan(20);
      }
    }
    assertThat(preparers).hasSizeGreaterThanOrEqualTo(20);
    assertThat(preparers).doesNotContain(Thread.currentThread());
    assertThat(disk.list()).allMatch(name -> name.endsWith(".wal"));

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(readAll(log)).isEqualTo(written);
    }
  }

  @Test
  void aSpareSegmentLeftByACrashIsRemoved() throws IOException {
    WriteAheadLog.open(disk, SMALL).close();
    disk.create(SpareSegment.NAME, 100).close();

    WriteAheadLog.open(disk, SMALL).close();

    assertThat(disk.list()).allMatch(name -> name.endsWith(".wal"));
  }

  @Test
  void theIndexStaysSparse() throws IOException {
    SparseIndex index = new SparseIndex();
    for (int i = 1; i <= 100_000; i++) {
      index.add(i, SparseIndex.position(1, 4096 + i * 256), false);
    }

    assertThat(index.size()).isBetween(100_000 / 256, 100_000 / 256 + 2);
  }

  @Test
  void anEntryOfALaterTermThanTheHardStateIsABrokenInvariant() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThatThrownBy(() -> log.append(new HardState(1, 1), entries(1, 2, 2, 0)))
          .isInstanceOf(InvariantViolation.class)
          .hasMessageContaining("before the hard state of that term");
      assertThat(log.last()).isEqualTo(EntryId.NONE);
    }
  }

  @Test
  void gapsAndTermsThatGoBackAreBrokenInvariants() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(5, 1), entries(1, 4, 4, 0));

      assertThatThrownBy(() -> log.append(null, entries(5, 6, 4, 0)))
          .isInstanceOf(InvariantViolation.class);
      assertThatThrownBy(() -> log.append(null, entries(4, 5, 3, 0)))
          .isInstanceOf(InvariantViolation.class);
      assertThatThrownBy(() -> log.append(null, List.of(entry(4, 4, 0), entry(6, 4, 0))))
          .isInstanceOf(InvariantViolation.class);
      assertThatThrownBy(() -> log.append(new HardState(4, 1), List.of()))
          .isInstanceOf(InvariantViolation.class);
      assertThatThrownBy(() -> log.append(new HardState(5, 2), List.of()))
          .isInstanceOf(InvariantViolation.class)
          .hasMessageContaining("second vote");
    }
  }

  @Test
  void aLogOfAnotherNodeOrClusterIsRefused() throws IOException {
    WriteAheadLog.open(disk, SMALL).close();

    assertThatThrownBy(() -> WriteAheadLog.open(disk, WalConfig.of(7, 12)))
        .isInstanceOf(ForeignLogException.class)
        .hasMessageContaining("belongs to node b of cluster 7, but this is node c of cluster 7")
        .hasMessageContaining(directory.toString());
    assertThatThrownBy(() -> WriteAheadLog.open(disk, WalConfig.of(8, 11)))
        .isInstanceOf(ForeignLogException.class);
  }

  @Test
  void callsAfterCloseAreRefused() throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
    log.close();
    log.close();

    assertThatThrownBy(log::sync).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> log.append(new HardState(1, 1), List.of()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void reopeningManyTimesDoesNotGrowTheLog() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), entries(1, 3, 1, 10));
      log.sync();
    }
    byte[] before = Files.readAllBytes(directory.resolve(disk.list().getFirst()));

    for (int i = 0; i < 20; i++) {
      WriteAheadLog.open(disk, SMALL).close();
    }

    assertThat(Files.readAllBytes(directory.resolve(disk.list().getFirst()))).isEqualTo(before);
  }

  @Test
  void discardedEntriesAreGoneAndTheRestStays() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), entries(1, 8, 1, 50));
      log.append(new HardState(2, 1), entries(8, 12, 2, 50));
      log.discardUpTo(5);
      checkDiscarded(log);
      log.discardUpTo(3);
      checkDiscarded(log);
      log.sync();
    }

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      checkDiscarded(log);
    }
  }

  private static void checkDiscarded(WriteAheadLog log) {
    assertThat(log.base()).isEqualTo(new EntryId(5, 1));
    assertThat(log.last()).isEqualTo(new EntryId(11, 2));
    assertThat(log.termStarts()).containsExactly(new EntryId(6, 1), new EntryId(8, 2));
    List<Entry> left = new ArrayList<>(entries(6, 8, 1, 50));
    left.addAll(entries(8, 12, 2, 50));
    assertThat(log.read(6, 12, Long.MAX_VALUE)).isEqualTo(left);
    assertThatThrownBy(() -> log.read(5, 7, 1))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("entries after 5@1");
    assertThatThrownBy(() -> log.append(null, entries(5, 6, 2, 0)))
        .isInstanceOf(InvariantViolation.class);
    assertThatThrownBy(() -> log.discardUpTo(12)).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void discardingAllEntriesLeavesAnEmptyLogThatGoesOn() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(3, 1), entries(1, 8, 3, 50));
      log.discardUpTo(7);
      log.sync();

      assertThat(log.last()).isEqualTo(new EntryId(7, 3));
      assertThat(log.termStarts()).isEmpty();
    }

    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.base()).isEqualTo(new EntryId(7, 3));
      assertThat(log.last()).isEqualTo(new EntryId(7, 3));
      log.append(null, entries(8, 10, 3, 50));
      assertThat(log.read(8, 10, Long.MAX_VALUE)).isEqualTo(entries(8, 10, 3, 50));
      assertThat(log.termStarts()).containsExactly(new EntryId(8, 3));
    }
  }

  @Test
  void segmentsOfDiscardedEntriesAreDeletedOnceThatIsDurable() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), entries(1, 400, 1, 200));
      log.sync();
      List<String> before = disk.list();
      log.discardUpTo(380);
      assertThat(disk.list()).as("not durable yet").isEqualTo(before);

      log.sync();

      assertThat(segmentFiles()).hasSizeLessThan(4);
      assertThat(log.statistics().segments()).isEqualTo(segmentFiles().size());
      assertThat(log.read(381, 400, Long.MAX_VALUE)).isEqualTo(entries(381, 400, 1, 200));
    }

    assertThat(segmentFiles().getFirst()).doesNotStartWith("0000000001-");
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.base()).isEqualTo(new EntryId(380, 1));
      assertThat(log.read(381, 400, Long.MAX_VALUE)).isEqualTo(entries(381, 400, 1, 200));
      log.append(null, entries(400, 500, 1, 200));
      assertThat(log.read(390, 500, Long.MAX_VALUE)).isEqualTo(entries(390, 500, 1, 200));
    }
  }

  private List<String> segmentFiles() throws IOException {
    return disk.list().stream().filter(name -> name.endsWith(".wal")).toList();
  }

  @Test
  void aLogThatIsCutOffAgainAndAgainTakesBoundedSpaceAndTime() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(1, 1), List.of());
      for (int first = 1; first < 5000; first += 20) {
        log.append(null, entries(first, first + 20, 1, 100));
        log.discardUpTo(Math.max(0, first - 30));
        log.sync();
        assertThat(segmentFiles().size()).isLessThan(5);
      }
    }
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.base().index()).isEqualTo(4951);
      assertThat(log.last().index()).isEqualTo(5000);
    }
  }

  @Test
  void discardedSegmentsAreDeletedOnTheBackgroundThread() throws Exception {
    List<Thread> deleters = Collections.synchronizedList(new ArrayList<>());
    Disk watched =
        new FilterDisk(disk) {
          @Override
          public void delete(String name) throws IOException {
            if (name.endsWith(".wal")) {
              deleters.add(Thread.currentThread());
            }
            super.delete(name);
          }
        };
    try (ExecutorService background = Executors.newSingleThreadExecutor()) {
      try (WriteAheadLog log = WriteAheadLog.open(watched, SMALL.withBackground(background))) {
        log.append(new HardState(1, 1), entries(1, 400, 1, 200));
        log.discardUpTo(390);
        log.sync();
        // Or closing would find that it has not begun, and do it.
        background.submit(() -> {}).get();
      }
    }
    assertThat(deleters).isNotEmpty().doesNotContain(Thread.currentThread());
    assertThat(segmentFiles()).hasSizeLessThan(4);
  }

  @Test
  void aBackgroundThatNeverRunsAnythingHoldsNothingUp() throws IOException {
    List<Entry> written = entries(1, 800, 1, 200);
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL.withBackground(task -> {}))) {
      log.append(new HardState(1, 1), written.subList(0, 400));
      log.discardUpTo(200);
      log.sync();
      log.append(null, written.subList(400, 799));
      log.discardUpTo(600);
      log.sync();
    }
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.read(601, 800, Long.MAX_VALUE)).isEqualTo(written.subList(600, 799));
      assertThat(segmentFiles().size()).isLessThan(9);
    }
  }

  @Test
  void aFailedDeletionIsFatal() throws IOException {
    Disk failing =
        new FilterDisk(disk) {
          @Override
          public void delete(String name) throws IOException {
            if (name.endsWith(".wal")) {
              throw new IOException("cannot delete");
            }
            super.delete(name);
          }
        };
    WriteAheadLog log = WriteAheadLog.open(failing, SMALL);
    log.append(new HardState(1, 1), entries(1, 400, 1, 200));
    log.discardUpTo(390);

    assertThatThrownBy(log::sync)
        .isInstanceOf(DiskFailureException.class)
        .hasMessageContaining("cannot delete");
    assertThatThrownBy(log::sync).isInstanceOf(DiskFailureException.class);
    log.close();

    try (WriteAheadLog again = WriteAheadLog.open(disk, SMALL)) {
      assertThat(again.base().index()).isEqualTo(390);
      assertThat(segmentFiles()).hasSizeLessThan(4);
    }
  }

  @Test
  void resetBeginsTheLogAnewDurably() throws IOException {
    WriteAheadLog lost = WriteAheadLog.open(disk, SMALL);
    lost.append(new HardState(4, 1), entries(1, 300, 2, 100));
    lost.reset(new EntryId(1000, 3), null);

    assertThat(lost.base()).isEqualTo(new EntryId(1000, 3));
    assertThat(lost.last()).isEqualTo(new EntryId(1000, 3));
    assertThat(lost.termStarts()).isEmpty();
    assertThat(segmentFiles()).hasSize(1);
    assertThatThrownBy(() -> lost.append(null, entries(300, 301, 4, 0)))
        .isInstanceOf(InvariantViolation.class);
    assertThatThrownBy(() -> lost.append(null, entries(1001, 1002, 2, 0)))
        .isInstanceOf(InvariantViolation.class);
    // Neither synced nor closed: a process that was killed.
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      assertThat(log.hardState()).isEqualTo(new HardState(4, 1));
      assertThat(log.last()).isEqualTo(new EntryId(1000, 3));
      log.append(null, entries(1001, 1005, 4, 10));
      assertThat(log.read(1001, 1005, Long.MAX_VALUE)).isEqualTo(entries(1001, 1005, 4, 10));
      assertThat(log.termStarts()).containsExactly(new EntryId(1001, 4));
    }
    lost.close();
  }

  @Test
  void resetToALaterTermThanTheHardStateOrBackIsABrokenInvariant() throws IOException {
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(new HardState(4, 1), entries(1, 30, 2, 10));
      log.discardUpTo(20);

      assertThatThrownBy(() -> log.reset(new EntryId(50, 5), null))
          .isInstanceOf(InvariantViolation.class)
          .hasMessageContaining("before the hard state of that term");
      assertThatThrownBy(() -> log.reset(new EntryId(19, 2), null))
          .isInstanceOf(InvariantViolation.class);
      assertThatThrownBy(() -> log.reset(new EntryId(50, 1), null))
          .isInstanceOf(InvariantViolation.class);
      assertThat(log.last()).isEqualTo(new EntryId(29, 2));
    }
  }

  @Test
  void logicalBytesCountWhatIsLeft() throws IOException {
    HardState hardState = new HardState(2, 1);
    try (WriteAheadLog log = WriteAheadLog.open(disk, SMALL)) {
      log.append(hardState, entries(1, 300, 2, 100));
      long entry = Records.size(entry(150, 2, 100));
      log.append(null, entries(200, 210, 2, 100));
      log.discardUpTo(159);
      assertThat(log.logicalBytes()).isEqualTo(Records.size(hardState) + 50 * entry);
      log.discardUpTo(209);
      assertThat(log.logicalBytes()).isEqualTo(Records.size(hardState));
    }
  }

  @Test
  void readsBesideAWritingThreadSeeOneStateOfTheLog() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch filled = new CountDownLatch(1);
    // Whoever reads is still in need of what it reads: however slowly it does so, it stays.
    AtomicLong needed = new AtomicLong(1);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (WriteAheadLog log =
        WriteAheadLog.open(disk, WalConfig.of(1, 1).withSegmentBytes(64 << 10))) {
      Future<?> writer =
          executor.submit(() -> {
            long end = 1;
            for (long term = 1; !stop.get() || term < 300; term++) {
              long first = Math.max(1, end - term % 4 * 10);
              log.append(new HardState(term, 0), entries(first, first + 35, term, 100));
              end = first + 35;
              if (term % 2 == 0) {
                log.sync();
              }
              log.discardUpTo(Math.max(0, Math.min(end - 2000, needed.get() - 1)));
              if (term == 3) {
                filled.countDown();
              }
            }
            return null;
          });
      filled.await();
      for (int i = 0; i < 300; i++) {
        long to = log.last().index() - 30;
        long from = Math.max(1, to - 100);
        needed.set(from);
        List<Entry> read = log.read(from, to, 5000);
        long term = 0;
        for (int k = 0; k < read.size(); k++) {
          Entry entry = read.get(k);
          assertThat(entry).isEqualTo(entry(from + k, entry.term(), 100));
          assertThat(entry.term()).isGreaterThanOrEqualTo(term);
          term = entry.term();
        }
        assertThat(read).isNotEmpty();
      }
      stop.set(true);
      writer.get();
    } catch (ExecutionException e) {
      throw new AssertionError("the writer failed", e.getCause());
    } finally {
      executor.shutdownNow();
    }
  }
}
