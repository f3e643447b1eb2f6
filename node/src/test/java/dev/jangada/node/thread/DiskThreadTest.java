package dev.jangada.node.thread;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.FailingDisk;
import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class DiskThreadTest {

  @TempDir Path directory;

  @Test
  void aWriteIsSaidToBeDurableOnlyAfterTheSyncThatMakesItSo() throws Exception {
    // So large that nothing but the thread's own sync needs the disk.
    WalConfig config = WalConfig.of(1, 1).withSegmentBytes(1 << 20);
    try (FailingDisk disk = new FailingDisk(directory);
        WriteAheadLog log = WriteAheadLog.open(disk, config)) {
      // What an empty log does at its first write.
      log.append(new HardState(1, 0), List.of());
      log.sync();
      BlockingQueue<String> told = new LinkedBlockingQueue<>();
      DiskThread thread =
          new DiskThread(
              "disk",
              log,
              number -> told.add("written " + number),
              failure -> told.add("failed " + failure.getMessage()));
      disk.holdSyncs();
      thread.start();

      thread.write(new LogWriter.Write(1, new HardState(1, 1), List.of(entry(1))));
      disk.awaitHeldSync();
      // The thread is in the sync: whatever it says too early, it has said.
      List<String> toldInTheSync = List.copyOf(told);
      thread.write(new LogWriter.Write(2, null, List.of(entry(2))));
      thread.write(new LogWriter.Write(3, null, List.of(entry(3))));
      disk.releaseSyncs();

      assertThat(toldInTheSync).isEmpty();
      assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo("written 1");
      assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo("written 3");
      thread.finish();
      thread.join();
      assertThat(told).isEmpty();
    }
  }

  @Test
  void whatIsDiscardedAndResetIsDoneInTheOrderOfTheWrites() throws Exception {
    try (FailingDisk disk = new FailingDisk(directory);
        WriteAheadLog log = WriteAheadLog.open(disk, WalConfig.of(1, 1).withSegmentBytes(8192))) {
      BlockingQueue<Long> told = new LinkedBlockingQueue<>();
      DiskThread thread =
          new DiskThread(
              "disk",
              log,
              told::add,
              failure -> {
                throw new AssertionError(failure);
              });

      thread.write(
          new LogWriter.Write(1, new HardState(1, 1), List.of(entry(1), entry(2), entry(3))));
      thread.write(new LogWriter.Write(2, null, List.of(), 2, null));
      thread.write(
          new LogWriter.Write(
              3, null, List.of(), 0, new SnapshotMetadata(entry(9).id(), Membership.NONE)));
      thread.write(new LogWriter.Write(4, null, List.of(entry(10))));
      thread.start();
      thread.finish();
      thread.join();

      assertThat(told).containsExactly(4L);
      assertThat(log.base()).isEqualTo(entry(9).id());
      assertThat(log.last()).isEqualTo(entry(10).id());
    }
  }

  private static Entry entry(long index) {
    return new Entry(index, 1, EntryType.NOOP, 0, 0, new byte[0]);
  }
}
