package dev.jangada.simulation;

import dev.jangada.node.NodeStorage;
import dev.jangada.node.driver.Applier;
import dev.jangada.node.driver.CommittedBatch;
import dev.jangada.node.driver.LogWriter;
import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.node.snapshot.SnapshotEvent;
import dev.jangada.node.snapshot.SnapshotKeeper;
import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.node.snapshot.SnapshotTask;
import dev.jangada.node.snapshot.Snapshots;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Message;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.RaftTracer;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One life of a node: the real driver, log, snapshots and state machine, and what a runtime would
 * do for them with threads. Four activities interleave, as the threads of a real node do: the
 * driver takes what has accumulated in its mailbox in turns, the disk makes durable what has
 * accumulated with one sync, the applier applies what has accumulated and takes and restores
 * pictures of the state, and the keeper of snapshots does one task after the other. Between any two
 * steps the process may die.
 */
public final class SimulatedProcess {

  /**
   * The computer that a process runs on: its time, its disk, its network, and whoever watches what
   * the process does.
   */
  public interface Host {

    /** What the process lives by. */
    EventQueue time();

    /** Gets what the core tells of itself. */
    Trace trace();

    /** Where all that is random in the process comes from. */
    RandomGenerator random();

    /** The settings of the node. */
    RaftConfig raftConfig();

    /** What the computer's monotonic clock says, in nanoseconds. */
    long clock();

    /** How long a time of that clock takes in virtual time. */
    long realNanos(long ownNanos);

    /** The length of a tick, by that clock. */
    long tickNanos();

    /** How long the next sync of the disk takes, in nanoseconds, at least 1. */
    long syncNanos();

    /** Lets a message go. */
    void send(Message message);

    /**
     * Does a step of a process, unless that is not the one which runs here any more, and puts an
     * end to it if its disk fails. The log reports that by a {@link
     * dev.jangada.storage.DiskFailureException}; what fails with a snapshot comes as an {@link
     * UncheckedIOException}.
     */
    void run(SimulatedProcess process, Runnable step);

    /**
     * When the process takes snapshots, how much of the log it keeps behind them, and how it sends
     * them. Without effect for a machine that does not support them. By default never, and so the
     * log is never cut.
     */
    default SnapshotPolicy snapshotPolicy() {
      return SnapshotPolicy.NONE;
    }

    /** The process has asked its disk for a write. */
    default void writing(LogWriter.Write write) {}

    /** The process has put a command of its own into its log, as a {@link Chore}. */
    default void started(byte[] command, StartResult result) {}

    /** Writes are durable; others that were asked for since are not yet. */
    default void synced(List<LogWriter.Write> writes, List<LogWriter.Write> open) {}

    /** The state machine has applied an entry. */
    default void applied(Entry entry, byte[] result) {}

    /**
     * The state machine has taken a picture of its state, to be saved or to be sent.
     *
     * @param index of the last entry that it has applied
     */
    default void captured(long index) {}

    /** The state machine has taken over the state of a snapshot, up to an entry. */
    default void restored(EntryId last) {}

    /** The process has stored a snapshot of its own state machine, durably. */
    default void snapshotSaved(EntryId last, long bytes) {}

    /** The process begins to send a snapshot to another one. */
    default void sendingSnapshot(long to, EntryId last, long bytes) {}

    /** The other one has all of a snapshot, or sending it was given up. */
    default void snapshotSent(long to, EntryId last, boolean complete) {}

    /** The process has done what followed from all events so far. */
    default void turned(SimulatedProcess process) {}
  }

  /**
   * What is waiting in a process.
   *
   * @param requests of its clients, without an outcome
   * @param unwrittenBytes weight of the entries that its disk was given and has not synced
   * @param unappliedBytes weight of the entries that its state machine was given and has not
   *     applied
   * @param snapshotTasks for the keeper of snapshots, and for the state machine in between batches
   */
  public record Load(int requests, long unwrittenBytes, long unappliedBytes, int snapshotTasks) {}

  private static final long MEAN_TURN_NANOS = 30_000;
  private static final long MEAN_APPLY_NANOS = 50_000;

  private final Host host;
  private final EventQueue time;
  private final WriteAheadLog wal;
  private final StateMachine stateMachine;
  private final SnapshotPolicy snapshotPolicy;
  private final SnapshotKeeper keeper;
  private final RaftDriver driver;
  private final DiskActivity disk = new DiskActivity();
  private final ApplyActivity applier = new ApplyActivity();
  private final SnapshotActivity snapshots = new SnapshotActivity();
  private final @Nullable LogTracer logTracer;

  private final ArrayDeque<Consumer<RaftDriver>> mailbox = new ArrayDeque<>();
  private boolean turnIsDue;

  /** What the clock said before the first tick, and how many ticks the driver was told since. */
  private long ticksBegan;

  private long ticks;

  /** When the process looks at its clock next. */
  private long wakesAt = Long.MAX_VALUE;

  /** Who must be told if the process dies before it has answered. */
  private final Set<Runnable> unanswered = new LinkedHashSet<>();

  private boolean paused;
  private final ArrayDeque<Runnable> postponed = new ArrayDeque<>();

  /**
   * Puts a process together that has just started; {@link #begin} lets it go.
   *
   * @param storage what its disk holds
   * @param stateMachine the machine that the storage was opened with
   */
  public SimulatedProcess(Host host, NodeStorage storage, StateMachine stateMachine) {
    this.host = host;
    this.time = host.time();
    this.wal = storage.log();
    this.stateMachine = stateMachine;
    this.snapshotPolicy =
        stateMachine.supportsSnapshots() ? host.snapshotPolicy() : SnapshotPolicy.NONE;
    this.keeper = new SnapshotKeeper(stateMachine, storage.snapshots());
    Raft raft =
        new Raft(
            host.raftConfig(),
            wal.hardState(),
            storage.recoveredLog(),
            storage.applied(),
            host.random());
    raft.traceTo(new RoleTracer(host.trace(), host.raftConfig().id()));
    this.logTracer =
        host.trace().isOn() ? new LogTracer(host.trace(), host.raftConfig().id(), wal) : null;
    this.driver =
        new RaftDriver(
            raft,
            host.raftConfig(),
            host.random().nextLong(),
            1 << 20,
            disk,
            host::send,
            applier,
            snapshots,
            snapshotPolicy,
            (leader, term, isLeader) -> {});
  }

  /** What the log was found to hold. */
  LogImage recovered() {
    List<Entry> entries = new ArrayList<>();
    long base = wal.base().index();
    long last = wal.last().index();
    while (base + entries.size() < last) {
      entries.addAll(wal.read(base + entries.size() + 1, last + 1, 1 << 20));
    }
    LogImage image = new LogImage();
    image.reset(wal.hardState(), wal.base(), entries);
    return image;
  }

  /** Begins to live. */
  public void begin() {
    if (logTracer != null) {
      logTracer.started(driver.status().applied());
    }
    ticksBegan = host.clock();
    wakeInTime();
  }

  /** Does something by itself from now on, too. */
  void attend(Chore chore) {
    new ChoreLoop(this, host, chore).begin();
  }

  private long id() {
    return host.raftConfig().id();
  }

  /** A picture of the core's state. */
  public RaftStatus status() {
    return driver.status();
  }

  /** What is waiting now. */
  public Load load() {
    return new Load(
        driver.pendingRequests(),
        disk.bytes,
        applier.bytes,
        snapshots.waiting.size() + applier.tasks);
  }

  private static long weight(List<Entry> entries) {
    long weight = 0;
    for (Entry entry : entries) {
      weight += entry.weight();
    }
    return weight;
  }

  /** The machine that this process feeds. */
  public StateMachine stateMachine() {
    return stateMachine;
  }

  /**
   * Tells those who wait for this process that it is dead. Its host runs no step of it any more.
   */
  public void die() {
    List<Runnable> orphans = List.copyOf(unanswered);
    unanswered.clear();
    orphans.forEach(Runnable::run);
  }

  // ---------------------------------------------------------------------------------------------
  // Time
  // ---------------------------------------------------------------------------------------------

  /** Has something happen in this process, unless it is dead by then; later if it stands still. */
  void after(long nanos, Runnable action) {
    time.after(nanos, () -> happen(action));
  }

  private void happen(Runnable action) {
    if (paused) {
      postponed.add(action);
    } else {
      host.run(this, action);
    }
  }

  /**
   * Looks at the clock no later than at the next tick that has consequences. The driver is told of
   * those before it when something happens: it cannot tell the difference, and most of what an idle
   * cluster does is counting.
   */
  private void wakeInTime() {
    long dueAt = ticksBegan + (ticks + driver.ticksUntilDue()) * host.tickNanos();
    long delay = Math.max(1, host.realNanos(dueAt - host.clock()) + 1);
    if (time.now() + delay < wakesAt) {
      wakesAt = time.now() + delay;
      after(delay, this::wake);
    }
  }

  private void wake() {
    if (time.now() < wakesAt) {
      return;
    }
    wakesAt = Long.MAX_VALUE;
    if (ticksToTell() >= driver.ticksUntilDue()) {
      turnSoon();
    } else {
      wakeInTime();
    }
  }

  private long ticksToTell() {
    long since = host.clock() - ticksBegan - ticks * host.tickNanos();
    return since < host.tickNanos() ? 0 : since / host.tickNanos();
  }

  private void tellTicks() {
    for (long i = ticksToTell(); i > 0; i--) {
      ticks++;
      driver.tick();
    }
  }

  /** Lets only one tick be made up for: those that passed while the process stood still do not. */
  private void forgetTicks() {
    long missed = ticksToTell();
    if (missed > 1) {
      ticksBegan += (missed - 1) * host.tickNanos();
    }
  }

  /** The clock goes at another rate from now on. */
  void clockChanged() {
    wakesAt = Long.MAX_VALUE;
    wakeInTime();
  }

  void pause(long nanos) {
    if (!paused) {
      paused = true;
      if (host.trace().isOn()) {
        host.trace().add(id(), new TraceEvent.Paused());
      }
      time.after(nanos, this::resume);
    }
  }

  void resume() {
    if (paused) {
      paused = false;
      forgetTicks();
      if (host.trace().isOn()) {
        host.trace().add(id(), new TraceEvent.Resumed());
      }
      while (!paused && !postponed.isEmpty()) {
        host.run(this, postponed.remove());
      }
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The driver
  // ---------------------------------------------------------------------------------------------

  /** Has the driver told something in its next turn. */
  public void post(Consumer<RaftDriver> event) {
    mailbox.add(event);
    turnSoon();
  }

  /**
   * Has the driver told something that has just happened: mostly at once, as by a thread that was
   * waiting for it, sometimes later and together with what happens until then.
   */
  private void tell(Consumer<RaftDriver> event) {
    mailbox.add(event);
    if (turnIsDue) {
      return;
    }
    if (!paused && host.random().nextInt(4) > 0) {
      turn();
    } else {
      turnSoon();
    }
  }

  /** A message has arrived. */
  public void receive(Message message) {
    host.run(this, () -> tell(driver -> driver.receive(message)));
  }

  private void turnSoon() {
    if (!turnIsDue) {
      turnIsDue = true;
      after(SimulatedNetwork.exponential(host.random(), MEAN_TURN_NANOS), this::turn);
    }
  }

  private void turn() {
    turnIsDue = false;
    driver.observeTime(host.clock());
    tellTicks();
    for (int i = mailbox.size(); i > 0; i--) {
      mailbox.remove().accept(driver);
    }
    driver.advance();
    if (logTracer != null) {
      logTracer.turned(driver.status());
    }
    host.turned(this);
    wakeInTime();
  }

  /**
   * Puts a command into the log at once, ahead of the mailbox, if this node leads.
   *
   * @throws RaftException as {@link RaftDriver#start}
   */
  public StartResult start(byte[] command) {
    StartResult result = driver.start(command);
    if (result.isLeader()) {
      post(target -> {});
    }
    return result;
  }

  /**
   * Has a command submitted in the driver's next turn.
   *
   * @param onDeath run instead of telling an outcome if the process dies before there is one
   */
  public void submit(byte[] command, long timeoutTicks, Outcome.Submit outcome, Runnable onDeath) {
    unanswered.add(onDeath);
    Outcome.Submit once =
        new Outcome.Submit() {
          @Override
          public void applied(long index, byte[] result) {
            if (unanswered.remove(onDeath)) {
              outcome.applied(index, result);
            }
          }

          @Override
          public void failed(RaftException failure) {
            if (unanswered.remove(onDeath)) {
              outcome.failed(failure);
            }
          }
        };
    post(target -> target.submit(command, timeoutTicks, once));
  }

  /** Has a read asked for in the driver's next turn; the rest as for {@link #submit}. */
  public void read(long timeoutTicks, Outcome.Read outcome, Runnable onDeath) {
    unanswered.add(onDeath);
    Outcome.Read once =
        new Outcome.Read() {
          @Override
          public void ready(long index) {
            if (unanswered.remove(onDeath)) {
              outcome.ready(index);
            }
          }

          @Override
          public void failed(RaftException failure) {
            if (unanswered.remove(onDeath)) {
              outcome.failed(failure);
            }
          }
        };
    post(target -> target.read(timeoutTicks, once));
  }

  /**
   * Has a snapshot taken, soon, if there are any here.
   *
   * @param outcome told when it is durable; nothing if the process dies before
   */
  public void takeSnapshot(Outcome.Snapshot outcome) {
    if (!snapshotPolicy.equals(SnapshotPolicy.NONE)) {
      post(target -> target.takeSnapshot(outcome));
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The disk
  // ---------------------------------------------------------------------------------------------

  private final class DiskActivity implements LogWriter {
    private List<Write> waiting = new ArrayList<>();
    private boolean busy;

    /** Weight of the entries of all writes that are not synced. */
    private long bytes;

    /** Weight of those that are waiting. */
    private long waitingBytes;

    @Override
    public void write(Write write) {
      host.writing(write);
      if (logTracer != null) {
        logTracer.writing(write);
      }
      waiting.add(write);
      long weight = weight(write.entries());
      waitingBytes += weight;
      bytes += weight;
      if (!busy) {
        busy = true;
        after(SimulatedNetwork.exponential(host.random(), MEAN_TURN_NANOS), this::append);
      }
    }

    private void append() {
      List<Write> batch = waiting;
      long batchBytes = waitingBytes;
      waiting = new ArrayList<>();
      waitingBytes = 0;
      for (Write write : batch) {
        write.writeTo(wal);
      }
      after(host.syncNanos(), () -> sync(batch, batchBytes));
    }

    private void sync(List<Write> batch, long batchBytes) {
      wal.sync();
      bytes -= batchBytes;
      host.synced(batch, waiting);
      if (logTracer != null) {
        logTracer.synced(batch, waiting);
      }
      tell(target -> target.written(batch.getLast().number()));
      busy = !waiting.isEmpty();
      if (busy) {
        append();
      }
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The state machine
  // ---------------------------------------------------------------------------------------------

  private final class ApplyActivity implements Applier {

    /** Batches to be applied, and tasks to be done in between. */
    private sealed interface Work {
      record Apply(CommittedBatch batch) implements Work {}

      record Perform(SnapshotTask.OfMachine task) implements Work {}
    }

    private final ArrayDeque<Work> waiting = new ArrayDeque<>();
    private boolean busy;

    /** Weight of the entries, and number of the tasks, that are waiting. */
    private long bytes;

    private int tasks;

    @Override
    public void apply(CommittedBatch batch) {
      bytes += weight(batch.entries());
      add(new Work.Apply(batch));
    }

    void perform(SnapshotTask.OfMachine task) {
      tasks++;
      add(new Work.Perform(task));
    }

    private void add(Work work) {
      waiting.add(work);
      if (!busy) {
        busy = true;
        workSoon();
      }
    }

    private void workSoon() {
      after(SimulatedNetwork.exponential(host.random(), MEAN_APPLY_NANOS), this::work);
    }

    /** Applies what comes before the next task, or does the task. */
    private void work() {
      List<CommittedBatch> batches = new ArrayList<>();
      while (waiting.peek() instanceof Work.Apply(CommittedBatch batch)) {
        waiting.remove();
        bytes -= weight(batch.entries());
        batches.add(batch);
      }
      if (!batches.isEmpty()) {
        applyTogether(batches);
      } else if (waiting.remove() instanceof Work.Perform(SnapshotTask.OfMachine task)) {
        tasks--;
        performNow(task);
      }
      busy = !waiting.isEmpty();
      if (busy) {
        workSoon();
      }
    }

    private void applyTogether(List<CommittedBatch> batches) {
      List<Entry> entries = entries(batches);
      List<byte[]> results = stateMachine.apply(entries);
      if (host.trace().isOn()) {
        host.trace()
            .add(
                id(),
                new TraceEvent.Applied(entries.getFirst().index(), entries.getLast().index()));
      }
      for (int i = 0; i < entries.size(); i++) {
        host.applied(entries.get(i), results.get(i));
      }
      int from = 0;
      for (CommittedBatch batch : batches) {
        int to = from + batch.entries().size();
        batch.complete(results.subList(from, to));
        from = to;
      }
      long last = batches.getLast().lastIndex();
      long durable = stateMachine.durableIndex();
      tell(target -> {
        target.applied(last);
        target.stateDurable(durable);
      });
    }

    private static List<Entry> entries(List<CommittedBatch> batches) {
      if (batches.size() == 1) {
        return batches.getFirst().entries();
      }
      List<Entry> entries = new ArrayList<>();
      batches.forEach(batch -> entries.addAll(batch.entries()));
      return entries;
    }

    private void performNow(SnapshotTask.OfMachine task) {
      SnapshotEvent event;
      try {
        event = keeper.perform(task);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      switch (event) {
        case SnapshotEvent.Captured captured -> host.captured(captured.snapshot().index());
        case SnapshotEvent.Restored restored -> {
          if (host.trace().isOn()) {
            host.trace().add(id(), new TraceEvent.SnapshotInstalled(restored.last()));
          }
          host.restored(restored.last());
        }
        default -> throw new AssertionError(task + " was answered with " + event);
      }
      tell(target -> target.snapshotEvent(event));
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Snapshots
  // ---------------------------------------------------------------------------------------------

  private final class SnapshotActivity implements Snapshots {
    private final ArrayDeque<SnapshotTask.OfStore> waiting = new ArrayDeque<>();
    private boolean busy;

    @Override
    public void begin(SnapshotTask task) {
      switch (task) {
        case SnapshotTask.OfMachine ofMachine -> applier.perform(ofMachine);
        case SnapshotTask.OfStore ofStore -> {
          waiting.add(ofStore);
          if (!busy) {
            busy = true;
            workSoon(ofStore);
          }
        }
      }
    }

    @Override
    public void sending(long peer, EntryId last, long size) {
      if (host.trace().isOn()) {
        host.trace().add(id(), new TraceEvent.SnapshotSent(peer, last, size));
      }
      host.sendingSnapshot(peer, last, size);
    }

    @Override
    public void sent(long peer, EntryId last, boolean complete) {
      host.snapshotSent(peer, last, complete);
    }

    private void workSoon(SnapshotTask.OfStore task) {
      long nanos = SimulatedNetwork.exponential(host.random(), MEAN_TURN_NANOS);
      after(maySync(task) ? nanos + host.syncNanos() : nanos, this::work);
    }

    private static boolean maySync(SnapshotTask.OfStore task) {
      return switch (task) {
        case SnapshotTask.Save save -> true;
        case SnapshotTask.Write write -> write.offset() + write.data().length == write.total();
        case SnapshotTask.Read read -> false;
        case SnapshotTask.Close close -> false;
      };
    }

    private void work() {
      SnapshotEvent event;
      try {
        event = keeper.perform(waiting.remove());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (event instanceof SnapshotEvent.Saved(EntryId last, long bytes)) {
        if (host.trace().isOn()) {
          host.trace().add(id(), new TraceEvent.SnapshotTaken(last, bytes));
        }
        host.snapshotSaved(last, bytes);
      }
      if (event != null) {
        tell(target -> target.snapshotEvent(event));
      }
      busy = !waiting.isEmpty();
      if (busy) {
        workSoon(waiting.element());
      }
    }
  }

  /** Writes what the core becomes, and why, into the trace. */
  private record RoleTracer(Trace trace, long id) implements RaftTracer {

    @Override
    public void roleChanged(RaftRole from, RaftRole to, long term, long leader, String reason) {
      if (trace.isOn()) {
        trace.add(id, new TraceEvent.RoleChanged(from, to, term, leader, reason));
      }
    }

    @Override
    public void dropped(Message message, String reason) {
      if (trace.isOn()) {
        trace.add(id, new TraceEvent.MessageIgnored(message, reason));
      }
    }
  }
}
