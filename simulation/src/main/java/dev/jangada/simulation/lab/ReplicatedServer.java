package dev.jangada.simulation.lab;

import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server with a replicated state machine: takes commands, puts them into the log, and answers
 * when they have been applied. What services are built on.
 *
 * <p>It recognises a command by its place in the log and the term that it was given there: another
 * entry in that place means that the command is lost. Of commands in the place of which a snapshot
 * was installed it knows nothing; whoever asked is sent away, and so is whoever asked a server
 * whose term is over, or whose process has ended.
 */
final class ReplicatedServer {

  private static final int KEPT_RESULTS = 1000;
  private static final long TERM_POLL_NANOS = 100 * LabWorld.MILLIS;

  private final LabWorld world;

  /** After so many bytes of commands the server wants a snapshot; 0 for never. */
  private final long snapshotBytes;

  private final Supplier<StateMachine> newMachine;
  private final LabServer server;

  /** What was applied lately, and the calls that wait for more; guarded by this. */
  private final TreeMap<Long, Applied> results = new TreeMap<>();

  private final TreeMap<Long, ArrayDeque<Waiting>> waiting = new TreeMap<>();

  /** Raised with each new process, which owes nothing to callers of the one before. */
  private long incarnation;

  private record Applied(long term, byte[] result) {}

  private record Waiting(long term, Consumer<byte @Nullable []> answer) {}

  private long largestSnapshot;
  private long installedSnapshots;

  /**
   * Creates a server that is down.
   *
   * @param snapshotBytes after so many bytes of commands it wants a snapshot; 0 for never
   * @param newMachine makes a machine for each process
   */
  ReplicatedServer(
      LabWorld world,
      int number,
      List<Long> ids,
      long snapshotBytes,
      Supplier<StateMachine> newMachine,
      Consumer<Message> out) {
    this.world = world;
    this.snapshotBytes = snapshotBytes;
    this.newMachine = newMachine;
    this.server = world.newServer(number, ids, this::servedMachine, out);
  }

  LabServer server() {
    return server;
  }

  void start() {
    server.start();
  }

  /** The process ends; whoever waits for it is sent away. */
  void crash() {
    server.crash();
    List<Waiting> callers = new ArrayList<>();
    synchronized (this) {
      incarnation++;
      waiting.values().forEach(callers::addAll);
      waiting.clear();
      results.clear();
    }
    sendAway(callers);
  }

  private static void sendAway(Collection<Waiting> callers) {
    callers.forEach(caller -> caller.answer.accept(null));
  }

  private StateMachine servedMachine() {
    synchronized (this) {
      return new ServedMachine(incarnation);
    }
  }

  /** The largest snapshot that was ever taken here, in bytes. */
  synchronized long largestSnapshot() {
    return largestSnapshot;
  }

  /** How many snapshots were restored here, those that a process started with included. */
  synchronized long installedSnapshots() {
    return installedSnapshots;
  }

  private synchronized void snapshotTaken(long bytes) {
    largestSnapshot = Math.max(largestSnapshot, bytes);
  }

  /** The machine of one process; answers callers as it applies. */
  private final class ServedMachine implements StateMachine {
    private final StateMachine machine = newMachine.get();

    /** Which process of the server this is the machine of. */
    private final long of;

    /** Bytes of commands since a snapshot was asked for. */
    private long bytes;

    /** Whether one was asked for that is not durable yet. */
    private final AtomicBoolean snapshotDue = new AtomicBoolean();

    ServedMachine(long of) {
      this.of = of;
    }

    @Override
    public long appliedIndex() {
      return machine.appliedIndex();
    }

    @Override
    public List<byte[]> apply(List<Entry> entries) {
      List<byte[]> answers = machine.apply(entries);
      for (int i = 0; i < entries.size(); i++) {
        applied(of, entries.get(i), answers.get(i));
        bytes += entries.get(i).weight();
      }
      if (supportsSnapshots() && bytes >= snapshotBytes && snapshotDue.compareAndSet(false, true)) {
        bytes = 0;
        server.takeSnapshot(index -> snapshotDue.set(false));
      }
      return answers;
    }

    @Override
    public boolean supportsSnapshots() {
      return snapshotBytes > 0;
    }

    @Override
    public Snapshot snapshot() {
      Snapshot snapshot = machine.snapshot();
      snapshotTaken(snapshot.size());
      return snapshot;
    }

    @Override
    public void restore(long index, InputStream in) throws IOException {
      machine.restore(index, in);
      restored(of, index);
    }
  }

  private void applied(long of, Entry entry, byte[] result) {
    ArrayDeque<Waiting> callers;
    synchronized (this) {
      if (of != incarnation) {
        return;
      }
      results.put(entry.index(), new Applied(entry.term(), result));
      if (results.size() > KEPT_RESULTS) {
        results.pollFirstEntry();
      }
      callers = waiting.remove(entry.index());
    }
    if (callers != null) {
      for (Waiting caller : callers) {
        caller.answer.accept(caller.term == entry.term() ? result : null);
      }
    }
  }

  /** Sends callers away that wait for what is in a snapshot: whose answer it was, is not. */
  private void restored(long of, long index) {
    List<Waiting> callers = new ArrayList<>();
    synchronized (this) {
      if (of != incarnation) {
        return;
      }
      installedSnapshots++;
      results.clear();
      waiting.headMap(index, true).values().forEach(callers::addAll);
      waiting.headMap(index, true).clear();
    }
    sendAway(callers);
  }

  /**
   * Puts a command into the log. May wait for the server, so it is not for the network's thread.
   *
   * @param answer told, once and on any thread, what the machine made of it; null if the server
   *     does not lead, or nobody can tell what has become of the command
   */
  void submit(byte[] command, Consumer<byte @Nullable []> answer) {
    long before;
    synchronized (this) {
      before = incarnation;
    }
    StartResult started = server.propose(command);
    if (!started.isLeader()) {
      answer.accept(null);
      return;
    }
    boolean alive;
    Applied known;
    synchronized (this) {
      alive = before == incarnation;
      known = alive ? results.get(started.index()) : null;
      if (alive && known == null) {
        waiting
            .computeIfAbsent(started.index(), index -> new ArrayDeque<>())
            .add(new Waiting(started.term(), answer));
        world.after(TERM_POLL_NANOS, () -> watch(before, started));
      }
    }
    if (known != null) {
      answer.accept(known.term == started.term() ? known.result : null);
    } else if (!alive) {
      answer.accept(null);
    }
  }

  /** A server whose term is over sends its callers away: others may know more. */
  private void watch(long of, StartResult started) {
    ArrayDeque<Waiting> callers = null;
    synchronized (this) {
      if (of != incarnation || !waiting.containsKey(started.index())) {
        return;
      }
      if (server.state().term() == started.term()) {
        world.after(TERM_POLL_NANOS, () -> watch(of, started));
      } else {
        callers = waiting.remove(started.index());
      }
    }
    if (callers != null) {
      sendAway(callers);
    }
  }
}
