package dev.jangada.simulation.lab;

import dev.jangada.node.NodeStorage;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.EventQueue;
import dev.jangada.simulation.SimulatedProcess;
import dev.jangada.simulation.disk.SimulatedDisk;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A computer in virtual time, with the real driver and log on a simulated disk. When its process
 * dies the power fails, too: what was not synced is lost or torn, which is harder on the log than
 * the course's persister is.
 */
final class VirtualServer implements LabServer, SimulatedProcess.Host {

  private static final long CLUSTER = 1;
  private static final long MIN_SYNC_NANOS = 100_000;
  private static final long MAX_SYNC_NANOS = 500_000;

  private final VirtualWorld world;
  private final RaftConfig raftConfig;
  private final RandomGenerator random;
  private final SimulatedDisk disk;
  private final Supplier<StateMachine> machine;
  private final Consumer<Message> out;
  private @Nullable SimulatedProcess process;

  /** The log of the process, if its state machine has snapshots. */
  private @Nullable WriteAheadLog log;

  private long lastLogBytes;

  VirtualServer(
      VirtualWorld world,
      RaftConfig raftConfig,
      RandomGenerator random,
      RandomGenerator diskRandom,
      Supplier<StateMachine> machine,
      Consumer<Message> out) {
    this.world = world;
    this.raftConfig = raftConfig;
    this.random = random;
    this.disk = new SimulatedDisk(diskRandom);
    this.machine = machine;
    this.out = out;
  }

  // ---------------------------------------------------------------------------------------------
  // For the tester
  // ---------------------------------------------------------------------------------------------

  @Override
  public void start() {
    disk.restart();
    try {
      StateMachine fresh = machine.get();
      NodeStorage opened =
          NodeStorage.open(
              "n" + raftConfig.id(),
              disk,
              WalConfig.of(CLUSTER, raftConfig.id())
                  .withIncarnation(raftConfig::id)
                  .withSegmentBytes(LabWorld.SEGMENT_BYTES)
                  .withNanoClock(this::clock),
              fresh);
      SimulatedProcess started = new SimulatedProcess(this, opened, fresh);
      process = started;
      log = fresh.supportsSnapshots() ? opened.log() : null;
      started.begin();
    } catch (IOException e) {
      throw new UncheckedIOException("a server cannot open its own log", e);
    }
  }

  @Override
  public void crash() {
    SimulatedProcess dead = process;
    if (dead != null) {
      if (trace().isOn()) {
        trace().add(raftConfig.id(), new TraceEvent.Crashed("crashed by the tester"));
      }
      lastLogBytes = logBytes();
      log = null;
      process = null;
      dead.die();
      disk.losePower();
    }
  }

  @Override
  public boolean isRunning() {
    return process != null;
  }

  @Override
  public StartResult propose(byte[] command) {
    if (process == null) {
      return new StartResult(0, 0, false);
    }
    try {
      return process.start(command);
    } catch (RaftException refused) {
      return new StartResult(0, 0, false);
    }
  }

  @Override
  public void takeSnapshot(LongConsumer durable) {
    if (process != null) {
      process.takeSnapshot(
          new Outcome.Snapshot() {
            @Override
            public void taken(EntryId last) {
              durable.accept(last.index());
            }

            @Override
            public void failed(RaftException failure) {
              // The process is at its end.
            }
          });
    }
  }

  @Override
  public long logBytes() {
    return log == null ? lastLogBytes : log.logicalBytes();
  }

  @Override
  public State state() {
    if (process == null) {
      return new State(0, false);
    }
    RaftStatus status = process.status();
    return new State(status.term(), status.role() == RaftRole.LEADER);
  }

  @Override
  public void receive(Message message) {
    SimulatedProcess receiver = process;
    if (receiver != null) {
      receiver.receive(message);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // For the process
  // ---------------------------------------------------------------------------------------------

  @Override
  public EventQueue time() {
    return world.time();
  }

  @Override
  public Trace trace() {
    return world.trace();
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public RaftConfig raftConfig() {
    return raftConfig;
  }

  @Override
  public long clock() {
    return world.nowNanos();
  }

  @Override
  public long realNanos(long ownNanos) {
    return ownNanos;
  }

  @Override
  public long tickNanos() {
    return VirtualWorld.TICK_NANOS;
  }

  @Override
  public SnapshotPolicy snapshotPolicy() {
    return LabWorld.SNAPSHOTS;
  }

  @Override
  public long syncNanos() {
    return random.nextLong(MIN_SYNC_NANOS, MAX_SYNC_NANOS);
  }

  @Override
  public void send(Message message) {
    out.accept(message);
  }

  /** No disk fails here: an exception is a defect, and the scenario fails with it. */
  @Override
  public void run(SimulatedProcess candidate, Runnable step) {
    if (process == candidate) {
      step.run();
    }
  }
}
