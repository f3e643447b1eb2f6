package dev.jangada.simulation;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.LeaseClock;
import dev.jangada.kv.LeaseStopwatch;
import dev.jangada.kv.LeaseStopwatch.LogPosition;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.raft.RaftStatus;
import org.jspecify.annotations.Nullable;

/** Lets time pass for the leases of a store, by what decides that in production. */
final class LeaseChore implements Chore {

  private static final long LOOK_NANOS = 100_000_000;

  private final KvStateMachine machine;
  private @Nullable LeaseStopwatch stopwatch;

  LeaseChore(KvStateMachine machine) {
    this.machine = machine;
  }

  @Override
  public long restNanos() {
    return LOOK_NANOS;
  }

  @Override
  public void perform(Household process) {
    long now = process.clock();
    if (stopwatch == null) {
      stopwatch = new LeaseStopwatch(now);
    }
    LeaseStopwatch mine = stopwatch;
    RaftStatus status = process.status();
    LeaseClock clock = machine.leaseClock();
    boolean leads = status.leader() == process.id();
    AdvanceLeaseClockRequest advance =
        mine.look(
            now,
            new LogPosition(status.term(), leads, status.last().index(), machine.appliedIndex()),
            clock);
    if (advance != null) {
      process.start(
          CommandCodec.encode(advance),
          started -> {
            if (started.isLeader()) {
              mine.proposed(process.clock(), now, advance, started.index(), started.term());
            }
          });
    }
  }
}
