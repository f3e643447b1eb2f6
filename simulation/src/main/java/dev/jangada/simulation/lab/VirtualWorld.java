package dev.jangada.simulation.lab;

import dev.jangada.raft.Message;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.EventQueue;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A world on one thread: whenever the scenario sleeps, what is due in virtual time happens. All
 * that is random comes from the seed.
 */
final class VirtualWorld extends LabWorld {

  static final long TICK_NANOS = 10 * MILLIS;

  private final EventQueue time = new EventQueue();
  private final SplittableRandom seeded;
  private final SplittableRandom random;
  private final LabNetwork network;
  private final Trace trace;
  private int tasks;

  VirtualWorld(long seed, @Nullable TraceSink traceTo) {
    this.seeded = new SplittableRandom(seed);
    this.random = seeded.split();
    this.network = new LabNetwork(this::after, seeded.split());
    this.trace = new Trace(time::now, traceTo);
  }

  EventQueue time() {
    return time;
  }

  @Override
  Trace trace() {
    return trace;
  }

  @Override
  long nowNanos() {
    return time.now();
  }

  @Override
  RandomGenerator random() {
    return random;
  }

  @Override
  RandomGenerator newRandom() {
    return seeded.split();
  }

  @Override
  LabNetwork network() {
    return network;
  }

  @Override
  void sleep(long nanos) {
    long end = time.now() + nanos;
    while (time.step(end)) {
      // Everything happens in the events.
    }
  }

  @Override
  void after(long nanos, Runnable action) {
    time.after(nanos, action);
  }

  @Override
  void apart(Runnable action) {
    action.run();
  }

  @Override
  void fork(LabTask task) {
    tasks++;
    time.after(0, () -> goOn(task));
  }

  private void goOn(LabTask task) {
    long next = task.step();
    if (next == LabTask.DONE) {
      tasks--;
    } else {
      time.after(next, () -> goOn(task));
    }
  }

  @Override
  void join() {
    long end = time.now() + LabRunner.LIMIT_NANOS;
    while (tasks > 0) {
      if (!time.step(end)) {
        throw LabFailure.of("%d tasks do not come to an end", tasks);
      }
    }
  }

  @Override
  boolean isIdle() {
    return tasks == 0;
  }

  @Override
  void checkFailure() {
    // What goes wrong in an event goes through whoever sleeps.
  }

  @Override
  LabServer newServer(
      int number, List<Long> members, Supplier<StateMachine> machine, Consumer<Message> out) {
    RaftConfig config =
        RaftConfig.builder(members.get(number), members)
            .electionTimeoutTicks((int) (ELECTION_TIMEOUT_NANOS / TICK_NANOS))
            .heartbeatTicks((int) (HEARTBEAT_NANOS / TICK_NANOS))
            .noop(false)
            .build();
    return new VirtualServer(this, config, seeded.split(), seeded.split(), machine, out);
  }

  @Override
  List<Long> memberIds(int size) {
    return new ArrayList<>(LongStream.rangeClosed(1, size).boxed().toList());
  }

  @Override
  public void close() {
    // What the world consists of is memory.
  }
}
