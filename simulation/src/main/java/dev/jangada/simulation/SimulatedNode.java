package dev.jangada.simulation;

import dev.jangada.node.NodeStorage;
import dev.jangada.node.driver.LogWriter;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.disk.PowerLossException;
import dev.jangada.simulation.disk.SimulatedDisk;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.storage.CorruptLogException;
import dev.jangada.storage.CorruptSnapshotException;
import dev.jangada.storage.DiskFailureException;
import dev.jangada.storage.ForeignLogException;
import dev.jangada.storage.WalConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A computer with a disk, a clock and, while it runs, a {@link SimulatedProcess}. The disk outlives
 * the process, and so does what the simulation knows of it.
 */
final class SimulatedNode implements SimulatedProcess.Host, ObservedNode {

  /** A tick of a node's clock. */
  static final long TICK_NANOS = 10_000_000;

  private static final long CLUSTER = 1;

  /** For a snapshot that nobody waits for. */
  private static final Outcome.Snapshot NO_MATTER =
      new Outcome.Snapshot() {
        @Override
        public void taken(EntryId last) {}

        @Override
        public void failed(RaftException failure) {}
      };

  /** What all nodes of a run share. */
  record Environment(
      EventQueue time,
      Trace trace,
      Application application,
      Watchers watchers,
      SimulationConfig config) {}

  private final Environment environment;
  private final int number;
  private final RaftConfig raftConfig;
  private final RandomGenerator random;
  private final SimulatedNetwork network;
  private final SimulatedDisk disk;
  private final DiskKeepsWhatWasSynced diskProperty;

  /** How fast this node's clock goes, since when, and what it said then. */
  private double clockRate;

  private final double usualClockRate;
  private long rateSince;
  private long clockThen;

  private final LogImage log = new LogImage();
  private final LogImage durableLog = new LogImage();

  /** What the process has asked its disk for since the last sync, in order. */
  private final List<LogWriter.Write> unsynced = new ArrayList<>();

  private boolean hasBitRot;

  private long meanSyncNanos;
  private long syncsHangUntil;
  private long appliedAtStart;

  private final SnapshotCounts snapshots = new SnapshotCounts();
  private int starts;
  private @Nullable SimulatedProcess process;

  SimulatedNode(
      Environment environment,
      int number,
      RaftConfig raftConfig,
      RandomGenerator random,
      RandomGenerator diskRandom,
      SimulatedNetwork network,
      DiskKeepsWhatWasSynced diskProperty) {
    this.environment = environment;
    this.number = number;
    this.raftConfig = raftConfig;
    this.random = random;
    this.network = network;
    this.disk = new SimulatedDisk(diskRandom);
    this.diskProperty = diskProperty;
    this.usualClockRate = 1 + (random.nextDouble() - 0.5) / 20;
    this.clockRate = usualClockRate;
    // As on real machines, where it begins says nothing; it may be below zero.
    this.clockThen = random.nextLong(-(1L << 39), 1L << 39);
    this.meanSyncNanos = environment.config().meanSyncNanos();
  }

  @Override
  public int number() {
    return number;
  }

  String name() {
    return "n" + number;
  }

  /** The id of the node as a member. */
  @Override
  public long id() {
    return raftConfig.id();
  }

  Environment environment() {
    return environment;
  }

  @Override
  public EventQueue time() {
    return environment.time();
  }

  @Override
  public long tickNanos() {
    return TICK_NANOS;
  }

  @Override
  public RaftConfig raftConfig() {
    return raftConfig;
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  SimulatedDisk disk() {
    return disk;
  }

  /** All that this node has asked to be written, as if it were. */
  @Override
  public LogImage log() {
    return log;
  }

  /** What of it is certainly on disk. */
  @Override
  public LogImage durableLog() {
    return durableLog;
  }

  /** What the state machine had applied when the process started. */
  @Override
  public long appliedAtStart() {
    return appliedAtStart;
  }

  /** What this node's clock says. */
  @Override
  public long clock() {
    return clockThen + (long) ((environment.time().now() - rateSince) * clockRate);
  }

  @Override
  public double clockRate() {
    return clockRate;
  }

  @Override
  public long now() {
    return environment.time().now();
  }

  /** How long a time of this node's clock takes. */
  @Override
  public long realNanos(long ownNanos) {
    return (long) (ownNanos / clockRate);
  }

  @Override
  public boolean isRunning() {
    return process != null;
  }

  int starts() {
    return starts;
  }

  /** Whether it was ever started. */
  boolean isInUse() {
    return starts > 0;
  }

  /** What has been done with snapshots here. */
  SnapshotCounts snapshots() {
    return snapshots;
  }

  @Override
  public SnapshotPolicy snapshotPolicy() {
    return environment.config().snapshots();
  }

  // ---------------------------------------------------------------------------------------------
  // Life and death
  // ---------------------------------------------------------------------------------------------

  /** Starts the process if it does not run; its start may fail with the disk. */
  void start() {
    if (process != null) {
      return;
    }
    disk.restart();
    starts++;
    try {
      SimulatedProcess started = open();
      LogImage found = started.recovered();
      diskProperty.check(this, durableLog, found, unsynced);
      log.reset(found.hardState(), found.base(), found.all());
      durableLog.reset(found.hardState(), found.base(), found.all());
      unsynced.clear();
      process = started;
      appliedAtStart = started.status().applied();
      environment.watchers().started(this);
      started.begin();
      Chore chore = environment.application().chore(number);
      if (chore != null) {
        started.attend(chore);
      }
    } catch (PowerLossException | DiskFailureException e) {
      startFailed(e);
    } catch (CorruptLogException | CorruptSnapshotException e) {
      if (!hasBitRot) {
        throw new AssertionError(name() + " cannot open its own log, which nobody damaged", e);
      }
      startFailed(e);
    } catch (ForeignLogException e) {
      throw new AssertionError(name() + " cannot open its own log, which nobody damaged", e);
    } catch (IOException e) {
      startFailed(e);
    }
  }

  /** Opens what is on the disk. */
  private SimulatedProcess open() throws IOException {
    WalConfig config =
        WalConfig.of(CLUSTER, id())
            .withIncarnation(this::id)
            .withSegmentBytes(environment.config().raft().segmentBytes())
            .withNanoClock(this::clock);
    StateMachine machine = environment.application().start(number);
    NodeStorage storage = NodeStorage.open(name(), disk, config, machine);
    return new SimulatedProcess(this, storage, machine);
  }

  private void startFailed(Exception e) {
    if (trace().isOn()) {
      trace().add(id(), new TraceEvent.StartFailed(e.toString()));
    }
  }

  /** The process dies. What it had asked its disk to write stays as it is. */
  void crash(String why) {
    SimulatedProcess dead = process;
    if (dead != null) {
      if (trace().isOn()) {
        trace().add(id(), new TraceEvent.Crashed(why));
      }
      process = null;
      environment.watchers().crashed(this);
      dead.die();
    }
  }

  /** The process dies, and the disk forgets what it had not synced. */
  void losePower(String why) {
    crash(why);
    disk.losePower();
  }

  /** Does something on behalf of a process, which the disk may put an end to. */
  @Override
  public void run(SimulatedProcess candidate, Runnable action) {
    if (process != candidate) {
      return;
    }
    try {
      action.run();
      // The log may learn later of what failed in the preparation of a file; without power there is
      // no later.
      if (!disk.isPowered()) {
        crash("loses its power");
      }
    } catch (PowerLossException e) {
      crash("loses its power: " + e.getMessage());
    } catch (DiskFailureException | UncheckedIOException e) {
      crash("stops because of its disk: " + e.getMessage());
    }
  }

  /**
   * Has the process die and start again on a disk with an inverted bit, which is then made right
   * again. Does nothing if the disk holds nothing that may be damaged.
   *
   * @return whether the process refused to start; otherwise the damage had to be harmless
   */
  boolean refusesBitRot(RandomGenerator chance) {
    crash("crashes");
    disk.restart();
    try {
      SimulatedDisk.Bit bit = disk.anyBitOfLongWritten(chance);
      if (bit == null) {
        return false;
      }
      disk.flipBit(bit.file(), bit.position(), bit.bit());
      hasBitRot = true;
      start();
      hasBitRot = false;
      boolean refused = !isRunning();
      crash("is stopped, and its disk is looked after");
      // What a start finds unfinished or superseded, it deletes, damaged or not.
      if (disk.list().contains(bit.file())) {
        disk.flipBit(bit.file(), bit.position(), bit.bit());
      }
      return refused;
    } catch (IOException e) {
      throw new AssertionError("the simulated disk cannot be damaged", e);
    }
  }

  void pause(long nanos) {
    if (process != null) {
      process.pause(nanos);
    }
  }

  void resume() {
    if (process != null) {
      process.resume();
    }
  }

  /** Makes the clock go so many times as fast as it should, from now on. */
  void driftClock(double rate) {
    clockThen = clock();
    rateSince = environment.time().now();
    clockRate = rate;
    environment.watchers().clockChanged(this);
    if (process != null) {
      process.clockChanged();
    }
  }

  /** Makes the clock go as well as clocks usually do. */
  void steadyClock() {
    driftClock(usualClockRate);
  }

  /** Makes syncs that begin before a time end after it. */
  void hangSyncsUntil(long time) {
    syncsHangUntil = time;
  }

  void slowDisk(int factor) {
    meanSyncNanos = environment.config().meanSyncNanos() * factor;
  }

  @Override
  public long syncNanos() {
    return 1
        + Math.max(0, syncsHangUntil - environment.time().now())
        + SimulatedNetwork.exponential(random, meanSyncNanos);
  }

  // ---------------------------------------------------------------------------------------------
  // What the process does
  // ---------------------------------------------------------------------------------------------

  void receive(Message message) {
    if (process != null) {
      environment.watchers().received(this, message);
      process.receive(message);
    }
  }

  @Override
  public void send(Message message) {
    if (message instanceof Message.SnapshotChunk chunk) {
      snapshots.sending(chunk);
    }
    environment.watchers().sent(this, message);
    network.send(this, message);
  }

  @Override
  public void writing(LogWriter.Write write) {
    if (write.discardUpTo() > 0) {
      snapshots.cuts++;
    }
    environment.watchers().writing(this, write);
    log.apply(write);
    unsynced.add(write);
  }

  @Override
  public void started(byte[] command, StartResult result) {
    environment.watchers().proposed(this, command, result);
  }

  /** Writes are durable; those of them that were asked for since are not. */
  @Override
  public void synced(List<LogWriter.Write> writes, List<LogWriter.Write> open) {
    writes.forEach(durableLog::apply);
    unsynced.clear();
    unsynced.addAll(open);
  }

  @Override
  public void applied(Entry entry, byte[] result) {
    environment.watchers().applied(this, entry, result);
  }

  @Override
  public void captured(long index) {
    environment.watchers().captured(this, index);
  }

  @Override
  public void restored(EntryId last) {
    snapshots.installed++;
    environment.watchers().restored(this, last);
  }

  @Override
  public void snapshotSaved(EntryId last, long bytes) {
    snapshots.saved++;
  }

  @Override
  public void sendingSnapshot(long to, EntryId last, long bytes) {
    snapshots.begun(to);
  }

  @Override
  public void snapshotSent(long to, EntryId last, boolean complete) {
    if (complete) {
      snapshots.sent++;
    }
  }

  @Override
  public void turned(SimulatedProcess turned) {
    RaftStatus status = turned.status();
    environment.watchers().turned(this, status);
  }

  /** The process's state, null while there is none. */
  @Override
  public @Nullable RaftStatus status() {
    return process == null ? null : process.status();
  }

  /** What waits in the process, null while there is none. */
  @Override
  public SimulatedProcess.@Nullable Load load() {
    return process == null ? null : process.load();
  }

  /** The process's machine, null while there is none. */
  @Override
  public @Nullable StateMachine stateMachine() {
    return process == null ? null : process.stateMachine();
  }

  /** Hands a command to the process; false if there is none, and no outcome will be told. */
  boolean submit(byte[] command, long timeoutTicks, Outcome.Submit outcome, Runnable onDeath) {
    if (process == null) {
      return false;
    }
    process.submit(command, timeoutTicks, outcome, onDeath);
    return true;
  }

  /** Asks the process for a read; false if there is none, and no outcome will be told. */
  boolean read(long timeoutTicks, Outcome.Read outcome, Runnable onDeath) {
    if (process == null) {
      return false;
    }
    process.read(timeoutTicks, outcome, onDeath);
    return true;
  }

  /** Asks for another leader if this node leads when it hears of it. */
  void transferLeadership(long to, Outcome.Transfer outcome) {
    if (process != null) {
      process.post(driver -> driver.transferLeadership(to, 100, outcome));
    }
  }

  /** Asks for another membership if this node leads when it hears of it. */
  void changeMembership(List<MembershipChange> changes, Outcome.Change outcome) {
    if (process != null) {
      process.post(driver -> driver.changeMembership(changes, 100, outcome));
    }
  }

  /** Has the process take a snapshot, if it runs. */
  void takeSnapshot() {
    if (process != null) {
      process.takeSnapshot(NO_MATTER);
    }
  }

  @Override
  public Trace trace() {
    return environment.trace();
  }
}
