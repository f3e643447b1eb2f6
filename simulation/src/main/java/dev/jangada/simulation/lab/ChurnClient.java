package dev.jangada.simulation.lab;

import dev.jangada.node.request.StartResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Offers a command to every server, looks for a while if it is committed, and offers the next. */
final class ChurnClient implements LabTask {

  /** How long to wait after each look. */
  private static final long[] PAUSES = {10, 20, 50, 100, 200};

  private final Tester tester;
  private final int number;
  private final RandomGenerator random;
  private final List<String> committed = new ArrayList<>();
  private volatile boolean stopped;

  private byte[] command = {};

  /** Where the latest leader that took the command has put it; 0 if none did. */
  private long index;

  private int looks;

  ChurnClient(Tester tester, int number, RandomGenerator random) {
    this.tester = tester;
    this.number = number;
    this.random = random;
  }

  /** Has the client end after the command that it is at. */
  void stop() {
    stopped = true;
  }

  /** What the client has seen committed. For use once it has ended. */
  List<String> committed() {
    return committed;
  }

  @Override
  public long step() {
    if (index == 0) {
      if (stopped) {
        return DONE;
      }
      offer();
      if (index == 0) {
        return (79 + 17L * number) * LabWorld.MILLIS;
      }
    }
    Tester.Committed found = tester.nCommitted(index);
    if (found.count() > 0) {
      if (Arrays.equals(found.command(), command)) {
        committed.add(Tester.text(command));
      }
      index = 0;
      return 0;
    }
    if (looks == PAUSES.length) {
      index = 0;
      return 0;
    }
    return PAUSES[looks++] * LabWorld.MILLIS;
  }

  private void offer() {
    command = Tester.bytes(random.nextLong(1L << 62));
    looks = 0;
    for (int server = 0; server < tester.size(); server++) {
      StartResult result = tester.propose(server, command);
      if (result.isLeader()) {
        index = result.index();
      }
    }
  }
}
