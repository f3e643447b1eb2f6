package dev.jangada.simulation.lab;

import dev.jangada.node.request.StartResult;
import java.util.Arrays;

/**
 * The attempt to have a command agreed on, by way of whichever server leads: for 10 s it is offered
 * to one server after the other until one takes it; then it must be applied by enough servers
 * within 2 s, or it is offered again. So it may end up in the log more than once.
 */
final class Agreement implements LabTask {

  private static final long MILLIS = LabWorld.MILLIS;
  private static final long LIMIT_NANOS = 10_000 * MILLIS;
  private static final long COMMIT_NANOS = 2_000 * MILLIS;

  private final Tester tester;
  private final byte[] command;
  private final int expected;
  private final boolean retry;
  private final long begin;

  /** The server that was offered the command last. */
  private int offered;

  /** Where a server has put it; 0 while none has. */
  private long index;

  private long takenAt;

  Agreement(Tester tester, byte[] command, int expected, boolean retry) {
    this.tester = tester;
    this.command = command;
    this.expected = expected;
    this.retry = retry;
    this.begin = tester.world().nowNanos();
  }

  /** Where the command is, once this is done. */
  long index() {
    return index;
  }

  @Override
  public long step() {
    if (index == 0) {
      checkTime();
      offer();
      if (index == 0) {
        return 50 * MILLIS;
      }
    }
    Tester.Committed committed = tester.nCommitted(index);
    if (committed.count() >= expected && Arrays.equals(committed.command(), command)) {
      return DONE;
    }
    if (tester.world().nowNanos() - takenAt < COMMIT_NANOS) {
      return 20 * MILLIS;
    }
    if (!retry) {
      throw disagreement();
    }
    index = 0;
    return 0;
  }

  private void checkTime() {
    if (tester.world().nowNanos() - begin >= LIMIT_NANOS) {
      throw disagreement();
    }
  }

  private void offer() {
    for (int i = 0; i < tester.size(); i++) {
      offered = (offered + 1) % tester.size();
      if (tester.isConnected(offered)) {
        StartResult result = tester.propose(offered, command);
        if (result.isLeader()) {
          index = result.index();
          takenAt = tester.world().nowNanos();
          return;
        }
      }
    }
  }

  private LabFailure disagreement() {
    return LabFailure.of(
        "one(%s) failed to reach agreement among %d servers", Tester.text(command), expected);
  }
}
