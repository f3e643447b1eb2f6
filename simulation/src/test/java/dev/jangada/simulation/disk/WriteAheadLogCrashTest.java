package dev.jangada.simulation.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.simulation.disk.LogWorkload.Contents;
import dev.jangada.storage.DiskFailureException;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loses the power at every single operation of a workload, and at every operation of the recovery
 * after it, and checks what must hold every time: the log has all that was acknowledged, and beyond
 * that nothing but what was appended next, cut between two records at most.
 */
class WriteAheadLogCrashTest {

  private static final WalConfig CONFIG =
      WalConfig.of(1, 2).withSegmentBytes(WalConfig.MIN_SEGMENT_BYTES).withNanoClock(() -> 0);

  private static final int STEPS = 90;

  /** Runs what the log leaves to others, or lets it wait, or leaves all of it to the log. */
  private static final class Background implements Executor {

    private final int every;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int steps;

    /**
     * An executor that runs its tasks after every so many steps.
     *
     * @param every 0 for at once, {@link Integer#MAX_VALUE} for never
     */
    Background(int every) {
      this.every = every;
    }

    @Override
    public void execute(Runnable task) {
      if (every == 0) {
        task.run();
      } else {
        waiting.add(task);
      }
    }

    void step() {
      steps++;
      if (every > 0 && steps % every == 0) {
        while (!waiting.isEmpty()) {
          waiting.remove().run();
        }
      }
    }

    static Background ofOutcome(int outcome) {
      return new Background(new int[] {0, 4, Integer.MAX_VALUE, 0}[outcome]);
    }
  }

  private static LogWorkload workload(long seed) {
    return new LogWorkload(new SplittableRandom(seed), STEPS);
  }

  /** How many operations the workload has when nothing goes wrong. */
  private static long operations(LogWorkload workload, Background background) throws IOException {
    SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(0));
    try (WriteAheadLog log = WriteAheadLog.open(disk, CONFIG.withBackground(background))) {
      workload.run(log, new LogWorkload.Progress(), background::step);
      assertThat(Contents.of(log)).isEqualTo(workload.states().getLast());
      long filled = log.statistics().bytes() / WalConfig.MIN_SEGMENT_BYTES;
      assertThat(filled).as("segments filled").isGreaterThan(4);
      assertThat(log.statistics().segments()).as("segments left").isLessThan((int) filled);
    }
    return disk.operations();
  }

  /** Runs until the power fails. */
  private static LogWorkload.Progress runUntilPowerLoss(
      LogWorkload workload, SimulatedDisk disk, Background background) {
    LogWorkload.Progress progress = new LogWorkload.Progress();
    PowerLossException loss =
        catchThrowableOfType(
            PowerLossException.class,
            () -> {
              try (WriteAheadLog log =
                  WriteAheadLog.open(disk, CONFIG.withBackground(background))) {
                workload.run(log, progress, background::step);
              }
            });
    assertThat(loss).as("the power loss").isNotNull();
    return progress;
  }

  /** Opens the log, losing the power at the first, then at the second, … operation of that. */
  private static WriteAheadLog openThroughPowerLosses(SimulatedDisk disk, boolean losses)
      throws IOException {
    for (int operation = 1; ; operation++) {
      disk.restart();
      if (losses) {
        disk.losePowerAt(disk.operations() + operation);
      }
      try {
        WriteAheadLog log = WriteAheadLog.open(disk, CONFIG);
        disk.losePowerAt(Long.MAX_VALUE);
        return log;
      } catch (PowerLossException lost) {
        assertThat(losses).as("power lost only when asked").isTrue();
      }
    }
  }

  private static Contents reopenAfterPowerLoss(SimulatedDisk disk) throws IOException {
    disk.losePower();
    disk.restart();
    try (WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
      return Contents.of(log);
    }
  }

  private static int checkContents(
      LogWorkload workload, LogWorkload.Progress progress, Contents contents, String where) {
    int state = workload.find(contents, progress.acknowledged());
    if (state < 0 || state > progress.attempted()) {
      throw new AssertionError(
          String.format(
              "%s: acknowledged state %d, attempted up to %d, but the log has what is state %d:"
                  + " %s%nacknowledged: %s",
              where,
              progress.acknowledged(),
              progress.attempted(),
              workload.find(contents, 0),
              contents,
              workload.states().get(progress.acknowledged())));
    }
    return state;
  }

  /**
   * Does again what was lost first, and nothing else; and after another power loss expects that.
   */
  private static void continueFrom(
      LogWorkload workload, int state, WriteAheadLog log, SimulatedDisk disk, String where)
      throws IOException {
    Contents expected = workload.states().get(state);
    if (state + 1 < workload.states().size()) {
      LogWorkload.Step step = workload.stepAfter(state);
      step.run(log);
      expected = step.states(expected).getLast();
      log.sync();
    }
    assertThat(Contents.of(log)).as(where + ", continued").isEqualTo(expected);
    assertThat(reopenAfterPowerLoss(disk)).as(where + ", continued, reopened").isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void powerLossAtEveryOperationKeepsWhatWasAcknowledged(long seed) throws IOException {
    LogWorkload workload = workload(seed);
    for (int outcome = 0; outcome < 4; outcome++) {
      long operations = operations(workload, Background.ofOutcome(outcome));
      for (long operation = 1; operation <= operations; operation++) {
        String where = "seed " + seed + ", operation " + operation + ", outcome " + outcome;
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed * 1000 + outcome));
        disk.losePowerAt(operation);
        LogWorkload.Progress progress =
            runUntilPowerLoss(workload, disk, Background.ofOutcome(outcome));
        try {
          WriteAheadLog log = openThroughPowerLosses(disk, outcome % 2 == 1);
          int state = checkContents(workload, progress, Contents.of(log), where);
          continueFrom(workload, state, log, disk, where);
        } catch (IOException refused) {
          throw new AssertionError(where + ": " + refused.getMessage(), refused);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void aFailureOfAnyOperationIsFatalAndLosesNothingAcknowledged(long seed) throws IOException {
    LogWorkload workload = workload(seed);
    long operations = operations(workload, new Background(0));
    // The last operation deletes the spare segment, on which nothing depends.
    for (long operation = 1; operation < operations; operation++) {
      for (int outcome = 0; outcome < 4; outcome++) {
        String where = "seed " + seed + ", failure " + operation + ", outcome " + outcome;
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed * 1000 + outcome));
        disk.failAt(operation);
        LogWorkload.Progress progress = runUntilFailure(workload, disk, where);

        // The process starts again on the same machine: the page cache is as it was, and must not
        // be believed.
        WriteAheadLog log = WriteAheadLog.open(disk, CONFIG);
        Contents contents = Contents.of(log);
        checkContents(workload, progress, contents, where);
        assertThat(reopenAfterPowerLoss(disk)).as(where + ", reopened").isEqualTo(contents);
      }
    }
  }

  private static LogWorkload.Progress runUntilFailure(
      LogWorkload workload, SimulatedDisk disk, String where) {
    LogWorkload.Progress progress = new LogWorkload.Progress();
    WriteAheadLog log;
    try {
      log = WriteAheadLog.open(disk, CONFIG);
    } catch (IOException failedToOpen) {
      assertThat(failedToOpen).as(where).hasMessageContaining("input/output error");
      return progress;
    }
    try {
      workload.run(log, progress, () -> {});
    } catch (DiskFailureException failure) {
      assertThat(failure).as(where).hasMessageContaining("input/output error");
      long operations = disk.operations();
      assertThatThrownBy(log::sync).as(where).isInstanceOf(DiskFailureException.class);
      assertThatThrownBy(() -> log.append(new HardState(99, 0), List.of()))
          .as(where)
          .isInstanceOf(DiskFailureException.class)
          .hasMessageContaining("failed before");
      assertThatThrownBy(() -> log.read(1, 2, 1))
          .as(where)
          .isInstanceOf(DiskFailureException.class);
      log.close();
      assertThat(disk.operations())
          .as(where + ": operations after the failure")
          .isEqualTo(operations);
      return progress;
    }
    assertThatThrownBy(log::close)
        .as(where + ": only closing is left to fail")
        .isInstanceOf(DiskFailureException.class);
    return progress;
  }

  @Test
  void aFullDiskIsFatalAndLosesNothingAcknowledged() throws IOException {
    LogWorkload workload = workload(21);
    SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(21));
    disk.setCapacity(3L * WalConfig.MIN_SEGMENT_BYTES + 100);
    LogWorkload.Progress progress = new LogWorkload.Progress();
    WriteAheadLog full = WriteAheadLog.open(disk, CONFIG);

    assertThatThrownBy(() -> workload.run(full, progress, () -> {}))
        .isInstanceOf(DiskFailureException.class)
        .hasMessageContaining("no space left");

    assertThat(progress.acknowledged()).isPositive();
    disk.setCapacity(Long.MAX_VALUE);
    try (WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
      int state = checkContents(workload, progress, Contents.of(log), "seed 21");
      workload.stepAfter(state).run(log);
      log.sync();
    }
  }

  @Test
  void aLaterRecordThatSurvivedATornOneNeverComesBack() throws IOException {
    List<Entry> first = List.of(entry(1, 700));
    List<Entry> second = List.of(entry(2, 700));
    int reordered = 0;
    for (long seed = 0; seed < 200; seed++) {
      SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed));
      WriteAheadLog lost = WriteAheadLog.open(disk, CONFIG);
      // Each append is a frame of its own; both reach the disk's cache, and no more.
      lost.append(new HardState(1, 1), first);
      lost.append(null, second);
      disk.losePowerAt(disk.operations() + 1);
      assertThatThrownBy(lost::sync).isInstanceOf(PowerLossException.class);
      disk.restart();
      try (WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
        if (log.last().index() > 0) {
          continue;
        }
        reordered++;
        log.append(new HardState(1, 1), first);
        log.sync();
      }

      try (WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
        assertThat(Contents.of(log).entries()).as("seed " + seed).isEqualTo(first);
      }
    }
    assertThat(reordered).as("seeds that lost the first record").isGreaterThan(50);
  }

  private static Entry entry(long index, int bytes) {
    return new Entry(index, 1, EntryType.COMMAND, 0, index, new byte[bytes]);
  }
}
