package dev.jangada.simulation;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.raft.RaftStatus;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The thread of a {@link Chore} in a process. */
final class ChoreLoop implements Chore.Household {

  private static final long MEAN_STEP_NANOS = 30_000;

  /** Out of so many steps one takes long, and how long then in the mean. */
  private static final int HELD_UP_INTERVAL = 20;

  private static final long MEAN_HELD_UP_NANOS = 100_000_000;

  private final SimulatedProcess process;
  private final SimulatedProcess.Host host;
  private final Chore chore;

  /** What this round has put or is going to put into the log. */
  private boolean starting;

  ChoreLoop(SimulatedProcess process, SimulatedProcess.Host host, Chore chore) {
    this.process = process;
    this.host = host;
    this.chore = chore;
  }

  /** Rests, does a round, and so on. */
  void begin() {
    process.after(Math.max(1, host.realNanos(chore.restNanos())), this::round);
  }

  private void round() {
    chore.perform(this);
    if (!starting) {
      begin();
    }
  }

  @Override
  public long clock() {
    return host.clock();
  }

  @Override
  public long id() {
    return host.raftConfig().id();
  }

  @Override
  public RaftStatus status() {
    return process.status();
  }

  @Override
  public void start(byte[] command, Consumer<StartResult> told) {
    if (starting) {
      throw new IllegalStateException("one command in a round");
    }
    starting = true;
    process.after(
        stepNanos(), () -> process.post(driver -> answer(startNow(driver, command), told)));
  }

  private @Nullable StartResult startNow(RaftDriver driver, byte[] command) {
    try {
      StartResult started = driver.start(command);
      if (started.isLeader()) {
        host.started(command, started);
      }
      return started;
    } catch (RaftException refused) {
      return null;
    }
  }

  private void answer(@Nullable StartResult started, Consumer<StartResult> told) {
    process.after(
        stepNanos(),
        () -> {
          starting = false;
          if (started != null) {
            told.accept(started);
          }
          begin();
        });
  }

  private long stepNanos() {
    RandomGenerator random = host.random();
    boolean heldUp = random.nextInt(HELD_UP_INTERVAL) == 0;
    return 1 + SimulatedNetwork.exponential(random, heldUp ? MEAN_HELD_UP_NANOS : MEAN_STEP_NANOS);
  }
}
