package dev.jangada.simulation.lab;

import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.raft.Message;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Time, chance, a network and computers: all that a scenario needs to know of where it runs, in
 * virtual time or in real time.
 *
 * <p>A scenario's body runs on one thread and lets time pass with {@link #sleep}. In virtual time
 * that is when everything else happens.
 */
public abstract sealed class LabWorld implements AutoCloseable permits VirtualWorld, RealTimeWorld {

  static final long MILLIS = 1_000_000;

  /** How long a follower waits for its leader at least; the random part is up to as much again. */
  static final long ELECTION_TIMEOUT_NANOS = 300 * MILLIS;

  /** Ten heartbeats a second are what the course allows. */
  static final long HEARTBEAT_NANOS = 100 * MILLIS;

  /** Size of the log's files: small, so that a log is quick to create and to open. */
  static final int SEGMENT_BYTES = 16 << 10;

  /**
   * Snapshots are taken when the state machine says so, and nothing stays in the log behind them:
   * whoever lacks an entry then needs the snapshot. Small pieces, so that one has several.
   */
  static final SnapshotPolicy SNAPSHOTS = new SnapshotPolicy(0, 0, 2 << 10, 4);

  private int peers;
  private long commands;
  private @Nullable String note;

  LabWorld() {}

  /** Nanoseconds since the world began. */
  abstract long nowNanos();

  /** Where the scenario's own random numbers come from; for the scenario's thread only. */
  abstract RandomGenerator random();

  /** A source of random numbers for a task. To be called by the scenario's thread. */
  abstract RandomGenerator newRandom();

  /** Gets what happens. */
  abstract Trace trace();

  /** The network of this world. */
  abstract LabNetwork network();

  /** Lets time pass for the scenario, and fails if something has gone wrong elsewhere. */
  abstract void sleep(long nanos);

  /** Has something short done later, on the thread of the network. May be called by any thread. */
  abstract void after(long nanos, Runnable action);

  /**
   * Has something done that may wait for a server, now or soon. May be called by any thread, also
   * that of the network.
   */
  abstract void apart(Runnable action);

  /** Begins a task. */
  abstract void fork(LabTask task);

  /** Waits until all tasks begun so far are done. */
  abstract void join();

  /** Whether all tasks begun so far are done. */
  abstract boolean isIdle();

  /** Fails if something has gone wrong beside the scenario. */
  abstract void checkFailure();

  /**
   * A computer with an empty disk.
   *
   * @param number which of the members it is, from 0
   * @param members ids of all members of the cluster
   * @param machine makes a state machine each time the server starts
   * @param out takes the messages that the server sends, on any thread
   */
  abstract LabServer newServer(
      int number, List<Long> members, Supplier<StateMachine> machine, Consumer<Message> out);

  /** Ids for the members of a cluster of this size. */
  abstract List<Long> memberIds(int size);

  final void sleepMillis(long millis) {
    sleep(millis * MILLIS);
  }

  /** Tells how many servers the scenario has, for the report. */
  final void setPeers(int number) {
    peers = number;
  }

  /** Tells how many commands were agreed on, for the report. */
  final void setCommands(long number) {
    commands = number;
  }

  /** Tells something that whoever reads the report must know, though it is no failure. */
  final void note(String text) {
    note = text;
    if (trace().isOn()) {
      trace().add(0, new TraceEvent.Note(text));
    }
  }

  final @Nullable String note() {
    return note;
  }

  final int peers() {
    return peers;
  }

  final long commands() {
    return commands;
  }

  @Override
  public abstract void close();
}
