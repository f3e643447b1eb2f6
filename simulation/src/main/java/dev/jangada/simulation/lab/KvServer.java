package dev.jangada.simulation.lab;

import dev.jangada.node.StartResult;
import dev.jangada.node.session.SessionStateMachine;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import dev.jangada.raft.StateMachine;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A server of the key-value service: puts what clerks ask for into the log, and answers when it has
 * been applied. Every operation goes that way, reads too.
 *
 * <p>It recognises a command by its place in the log and the term that it was given there: another
 * entry in that place means that the command is lost.
 */
final class KvServer implements LabNetwork.Handler {

  /** The answer of a server that does not lead, or no longer; anything else is longer. */
  static final byte[] NOT_LEADER = {};

  private static final int MAX_SESSIONS = 1000;
  private static final int KEPT_RESULTS = 1000;
  private static final long TERM_POLL_NANOS = 100 * LabWorld.MILLIS;

  private final LabWorld world;
  private final LabServer server;
  private final LabNetwork.Endpoint endpoint;

  /** What was applied lately, and the calls that wait for more; guarded by this. */
  private final TreeMap<Long, Applied> results = new TreeMap<>();

  private final Map<Long, ArrayDeque<Waiting>> waiting = new TreeMap<>();

  /** Raised with each new process, which owes nothing to callers of the one before. */
  private long incarnation;

  private record Applied(long term, byte[] result) {}

  private record Waiting(long term, Consumer<byte[]> answer) {}

  KvServer(LabWorld world, int number, List<Long> ids, Consumer<Message> out) {
    this.world = world;
    this.server = world.newServer(number, ids, this::newMachine, out);
    this.endpoint = world.network().newEndpoint();
  }

  LabServer server() {
    return server;
  }

  LabNetwork.Endpoint endpoint() {
    return endpoint;
  }

  void start() {
    server.start();
    endpoint.serve(this);
  }

  void crash() {
    endpoint.serve(null);
    server.crash();
    synchronized (this) {
      incarnation++;
      waiting.clear();
      results.clear();
    }
  }

  private StateMachine newMachine() {
    StateMachine machine = new SessionStateMachine(new RegisterMachine(), MAX_SESSIONS);
    long of;
    synchronized (this) {
      of = incarnation;
    }
    return new StateMachine() {
      @Override
      public long appliedIndex() {
        return machine.appliedIndex();
      }

      @Override
      public List<byte[]> apply(List<Entry> entries) {
        List<byte[]> answers = machine.apply(entries);
        for (int i = 0; i < entries.size(); i++) {
          applied(of, entries.get(i), answers.get(i));
        }
        return answers;
      }
    };
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
        caller.answer.accept(caller.term == entry.term() ? result : NOT_LEADER);
      }
    }
  }

  @Override
  public void handle(byte[] request, Consumer<byte[]> answer) {
    // Not on the thread of the network, which the server needs to go on.
    world.apart(() -> propose(request, answer));
  }

  private void propose(byte[] command, Consumer<byte[]> answer) {
    long before;
    synchronized (this) {
      before = incarnation;
    }
    StartResult started = server.propose(command);
    if (!started.isLeader()) {
      answer.accept(NOT_LEADER);
      return;
    }
    Applied known;
    synchronized (this) {
      if (before != incarnation) {
        return;
      }
      known = results.get(started.index());
      if (known == null) {
        waiting
            .computeIfAbsent(started.index(), index -> new ArrayDeque<>())
            .add(new Waiting(started.term(), answer));
        world.after(TERM_POLL_NANOS, () -> watch(before, started));
      }
    }
    if (known != null) {
      answer.accept(known.term == started.term() ? known.result : NOT_LEADER);
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
      callers.forEach(caller -> caller.answer.accept(NOT_LEADER));
    }
  }
}
