package dev.jangada.node.session;

import dev.jangada.node.session.Sessions.Kept;
import dev.jangada.node.session.Sessions.Session;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets a state machine execute each command of a client once, however often the client sends it.
 *
 * <p>A client whose request ended without an answer cannot know whether the command took effect,
 * and must not send it again: {@link dev.jangada.node.RaftNode#submit} never does so by itself.
 * With a session it may. It opens one ({@link SessionCommand.Open}), numbers its commands ({@link
 * SessionCommand.Execute}), and sends each of them again, by way of any member, until it has an
 * answer. This machine, which every member has in front of its own, remembers the results of the
 * commands that the client has not acknowledged, and answers a copy with the result of the first
 * (Raft dissertation, section 6.3). Reads by {@link dev.jangada.node.RaftNode#readIndex} need no
 * session.
 *
 * <p>The sessions are part of the replicated state. What is remembered is bounded: there are at
 * most so many sessions, and in each at most {@link #MAX_OUTSTANDING} results. When one too many is
 * opened, the one that was unused for longest ends; its client is told ({@link
 * SessionResult.Expired}) if it comes back. No clock decides, so all members agree.
 *
 * <p>The machine below sees an entry of every index in order: those that execute nothing reach it
 * as no-ops.
 *
 * <p>A snapshot is that of the machine below with the sessions before it.
 *
 * <p>For machines that keep their state in memory and are restored from the log or a snapshot: the
 * sessions are not on disk by themselves, and a machine that is would be ahead of them.
 */
public final class SessionStateMachine implements StateMachine {

  /** How many commands of a session may be without acknowledgement. */
  public static final int MAX_OUTSTANDING = 1024;

  private static final byte[] NOTHING = new byte[0];

  private final StateMachine machine;
  private final Sessions sessions;

  /** How an entry is answered once the machine below has its results. */
  @FunctionalInterface
  private interface Answer {
    SessionResult from(byte[] resultBelow);
  }

  /**
   * Puts sessions in front of a machine.
   *
   * @param machine closed with this one
   * @param maxSessions at least 1; the same on every member, and for the life of the cluster
   * @throws IllegalArgumentException if the machine has kept state that the sessions are not part
   *     of
   */
  public SessionStateMachine(StateMachine machine, int maxSessions) {
    if (maxSessions < 1) {
      throw new IllegalArgumentException("no session could be opened, of at most " + maxSessions);
    }
    if (machine.appliedIndex() != 0) {
      throw new IllegalArgumentException(
          "the machine has kept its state up to index "
              + machine.appliedIndex()
              + ", but nobody the sessions that belong to it: put sessions only in front of a"
              + " machine that starts empty");
    }
    this.machine = machine;
    this.sessions = new Sessions(maxSessions);
  }

  /** How many sessions are open. For the thread that applies. */
  public int openSessions() {
    return sessions.size();
  }

  @Override
  public long appliedIndex() {
    return machine.appliedIndex();
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    List<Entry> below = new ArrayList<>(entries.size());
    List<Answer> answers = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      Answer answer = prepare(entry, below);
      answers.add(answer);
    }
    List<byte[]> resultsBelow = machine.apply(below);
    List<byte[]> results = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      boolean isCommand = entries.get(i).type() == EntryType.COMMAND;
      SessionResult answer = answers.get(i).from(resultsBelow.get(i));
      results.add(isCommand ? answer.encode() : NOTHING);
    }
    return results;
  }

  /** Decides what the machine below is to see of an entry, and what will be answered. */
  private Answer prepare(Entry entry, List<Entry> below) {
    SessionCommand command = entry.type() == EntryType.COMMAND ? decode(entry.data()) : null;
    if (command instanceof SessionCommand.Execute execute) {
      Session session = sessions.use(execute.session());
      if (session == null) {
        below.add(nothing(entry));
        return result -> new SessionResult.Expired();
      }
      session.acknowledge(execute.acknowledged());
      long sequence = execute.sequence();
      if (session.hasForgotten(sequence)) {
        below.add(nothing(entry));
        return result -> new SessionResult.Forgotten();
      }
      Kept kept = session.find(sequence);
      if (kept == null) {
        Kept fresh = session.begin(sequence);
        below.add(execute(entry, execute.command()));
        return result -> {
          fresh.set(result);
          return new SessionResult.Executed(result);
        };
      }
      below.add(nothing(entry));
      // The first copy may be in the same batch, so there may be a result only afterwards.
      return result -> new SessionResult.Executed(kept.get());
    }
    below.add(nothing(entry));
    if (command instanceof SessionCommand.Open) {
      sessions.open(entry.index());
      return result -> new SessionResult.Opened(entry.index());
    }
    return result -> new SessionResult.Malformed();
  }

  private static Entry execute(Entry entry, byte[] command) {
    return new Entry(
        entry.index(),
        entry.term(),
        EntryType.COMMAND,
        entry.proposer(),
        entry.sequence(),
        command);
  }

  private static Entry nothing(Entry entry) {
    return Entry.noop(entry.index(), entry.term());
  }

  private static @Nullable SessionCommand decode(byte[] bytes) {
    try {
      return SessionCommand.decode(bytes);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public boolean supportsSnapshots() {
    return machine.supportsSnapshots();
  }

  @Override
  public Snapshot snapshot() {
    return new SessionSnapshot(sessions.encode(), machine.snapshot());
  }

  @Override
  public void restore(long index, InputStream in) throws IOException {
    byte[] encoded = SessionSnapshot.readSessions(in);
    try {
      sessions.decode(encoded);
    } catch (IllegalArgumentException e) {
      throw new IOException("the sessions in the snapshot at index " + index + " are damaged", e);
    }
    machine.restore(index, in);
  }

  @Override
  public void close() {
    machine.close();
  }
}
