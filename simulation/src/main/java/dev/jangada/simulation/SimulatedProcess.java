package dev.jangada.simulation;

import dev.jangada.node.Applier;
import dev.jangada.node.CommittedBatch;
import dev.jangada.node.LogWriter;
import dev.jangada.node.Outcome;
import dev.jangada.node.RaftDriver;
import dev.jangada.node.RaftException;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.RaftTracer;
import dev.jangada.raft.RecoveredLog;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One life of a node: the real driver, log and state machine, and what a runtime would do for them
 * with threads. Three activities interleave, as the threads of a real node do: the driver takes
 * what has accumulated in its mailbox in turns, the disk makes durable what has accumulated with
 * one sync, and the applier applies what has accumulated. Between any two steps the process may
 * die.
 */
final class SimulatedProcess {

  /** A tick of a node's clock. */
  static final long TICK_NANOS = 10_000_000;

  private static final long CLUSTER = 1;
  private static final long MEAN_TURN_NANOS = 30_000;
  private static final long MEAN_APPLY_NANOS = 50_000;

  private final SimulatedNode node;
  private final EventQueue time;
  private final WriteAheadLog wal;
  private final StateMachine stateMachine;
  private final RaftDriver driver;
  private final DiskActivity disk = new DiskActivity();
  private final ApplyActivity applier = new ApplyActivity();

  private final ArrayDeque<Consumer<RaftDriver>> mailbox = new ArrayDeque<>();
  private boolean turnIsDue;

  /** Who must be told if the process dies before it has answered. */
  private final Set<Runnable> unanswered = new LinkedHashSet<>();

  private boolean paused;
  private final ArrayDeque<Runnable> postponed = new ArrayDeque<>();

  private SimulatedProcess(SimulatedNode node, WriteAheadLog wal, StateMachine stateMachine) {
    this.node = node;
    this.time = node.environment().time();
    this.wal = wal;
    this.stateMachine = stateMachine;
    Raft raft =
        new Raft(
            node.raftConfig(),
            wal.hardState(),
            new RecoveredLog(wal.termStarts(), wal.last(), wal),
            stateMachine.appliedIndex(),
            node.random());
    raft.traceTo(new RoleTracer(node));
    this.driver =
        new RaftDriver(
            raft,
            node.raftConfig(),
            node.random().nextLong(),
            1 << 20,
            disk,
            node::send,
            applier,
            (leader, term, isLeader) -> {});
  }

  /** Opens what the node has on disk. */
  static SimulatedProcess start(SimulatedNode node) throws IOException {
    WalConfig config =
        WalConfig.of(CLUSTER, node.id())
            .withSegmentBytes(node.environment().config().raft().segmentBytes())
            .withNanoClock(node::clock);
    WriteAheadLog wal = WriteAheadLog.open(node.disk(), config);
    return new SimulatedProcess(node, wal, node.environment().application().start(node.number()));
  }

  /** What the log was found to hold. */
  LogImage recovered() {
    List<Entry> entries = new ArrayList<>();
    long last = wal.last().index();
    while (entries.size() < last) {
      entries.addAll(wal.read(entries.size() + 1L, last + 1, 1 << 20));
    }
    LogImage image = new LogImage();
    image.reset(wal.hardState(), entries);
    return image;
  }

  void begin() {
    tickAfter(node.realNanos(TICK_NANOS));
  }

  RaftStatus status() {
    return driver.status();
  }

  StateMachine stateMachine() {
    return stateMachine;
  }

  void die() {
    List<Runnable> orphans = List.copyOf(unanswered);
    unanswered.clear();
    orphans.forEach(Runnable::run);
  }

  // ---------------------------------------------------------------------------------------------
  // Time
  // ---------------------------------------------------------------------------------------------

  /** Has something happen in this process, unless it is dead by then; later if it stands still. */
  private void after(long nanos, Runnable action) {
    time.after(nanos, () -> happen(action));
  }

  private void happen(Runnable action) {
    if (paused) {
      postponed.add(action);
    } else {
      node.run(this, action);
    }
  }

  private void tickAfter(long nanos) {
    after(
        nanos,
        () -> {
          post(RaftDriver::tick);
          tickAfter(node.realNanos(TICK_NANOS));
        });
  }

  void pause(long nanos) {
    if (!paused) {
      paused = true;
      if (node.trace().isOn()) {
        node.trace().add(node.id(), new TraceEvent.Paused());
      }
      time.after(nanos, this::resume);
    }
  }

  void resume() {
    if (paused) {
      paused = false;
      if (node.trace().isOn()) {
        node.trace().add(node.id(), new TraceEvent.Resumed());
      }
      while (!paused && !postponed.isEmpty()) {
        node.run(this, postponed.remove());
      }
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The driver
  // ---------------------------------------------------------------------------------------------

  /** Has the driver told something in its next turn. */
  void post(Consumer<RaftDriver> event) {
    mailbox.add(event);
    if (!turnIsDue) {
      turnIsDue = true;
      after(SimulatedNetwork.exponential(node.random(), MEAN_TURN_NANOS), this::turn);
    }
  }

  private void turn() {
    turnIsDue = false;
    driver.observeTime(node.clock());
    for (int i = mailbox.size(); i > 0; i--) {
      mailbox.remove().accept(driver);
    }
    driver.advance();
    node.turned(driver.status());
  }

  void submit(byte[] command, long timeoutTicks, Outcome.Submit outcome, Runnable onDeath) {
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

  void read(long timeoutTicks, Outcome.Read outcome, Runnable onDeath) {
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

  // ---------------------------------------------------------------------------------------------
  // The disk
  // ---------------------------------------------------------------------------------------------

  private final class DiskActivity implements LogWriter {
    private List<Write> waiting = new ArrayList<>();
    private boolean busy;

    @Override
    public void write(Write write) {
      node.writing(write);
      waiting.add(write);
      if (!busy) {
        busy = true;
        after(SimulatedNetwork.exponential(node.random(), MEAN_TURN_NANOS), this::append);
      }
    }

    private void append() {
      List<Write> batch = waiting;
      waiting = new ArrayList<>();
      for (Write write : batch) {
        wal.append(write.hardState(), write.entries());
      }
      after(node.syncNanos(), () -> sync(batch));
    }

    private void sync(List<Write> batch) {
      wal.sync();
      node.synced(batch, waiting);
      post(target -> target.written(batch.getLast().number()));
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
    private List<CommittedBatch> waiting = new ArrayList<>();
    private boolean busy;

    @Override
    public void apply(CommittedBatch batch) {
      waiting.add(batch);
      if (!busy) {
        busy = true;
        after(SimulatedNetwork.exponential(node.random(), MEAN_APPLY_NANOS), this::applyWaiting);
      }
    }

    private void applyWaiting() {
      List<CommittedBatch> batches = waiting;
      waiting = new ArrayList<>();
      busy = false;
      List<Entry> entries = new ArrayList<>();
      batches.forEach(batch -> entries.addAll(batch.entries()));
      List<byte[]> results = stateMachine.apply(entries);
      if (node.trace().isOn()) {
        node.trace()
            .add(
                node.id(),
                new TraceEvent.Applied(entries.getFirst().index(), entries.getLast().index()));
      }
      for (int i = 0; i < entries.size(); i++) {
        node.applied(entries.get(i), results.get(i));
      }
      int from = 0;
      for (CommittedBatch batch : batches) {
        int to = from + batch.entries().size();
        batch.complete(results.subList(from, to));
        from = to;
      }
      long last = batches.getLast().lastIndex();
      post(target -> target.applied(last));
    }
  }

  /** Writes what the core becomes, and why, into the trace. */
  private record RoleTracer(SimulatedNode node) implements RaftTracer {

    @Override
    public void roleChanged(RaftRole from, RaftRole to, long term, long leader, String reason) {
      Trace trace = node.trace();
      if (trace.isOn()) {
        trace.add(node.id(), new TraceEvent.RoleChanged(from, to, term, leader, reason));
      }
    }

    @Override
    public void dropped(Message message, String reason) {
      Trace trace = node.trace();
      if (trace.isOn()) {
        trace.add(node.id(), new TraceEvent.MessageIgnored(message, reason));
      }
    }
  }
}
