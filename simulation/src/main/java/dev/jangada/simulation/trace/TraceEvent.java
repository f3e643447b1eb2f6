package dev.jangada.simulation.trace;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import java.util.List;

/**
 * Something that happened in a run. When, where and as the how manieth it happened is said by the
 * {@link TraceRecord} around it. Nodes are named by their ids, which are never 0; 0 stands for
 * nobody.
 *
 * <p>Events refer to earlier ones by their numbers: the arrival of a message to its sending, the
 * end of a fault to its beginning, an answer to the question.
 */
public sealed interface TraceEvent {

  // ---------------------------------------------------------------------------------------------
  // A node's life
  // ---------------------------------------------------------------------------------------------

  /**
   * A node has started, with what it found on its disk, all of which is durable.
   *
   * @param term its term
   * @param vote whom it voted for in that term, 0 for nobody
   * @param base identity of the last entry that a snapshot stands for, {@link EntryId#NONE} if the
   *     log is complete
   * @param log what the log holds after the base
   * @param applied index up to which the state machine has applied entries
   */
  record Started(long term, long vote, EntryId base, List<TermRun> log, long applied)
      implements TraceEvent {
    /** Keeps a copy of the log. */
    public Started {
      log = List.copyOf(log);
    }
  }

  /** A node could not start. */
  record StartFailed(String reason) implements TraceEvent {}

  /** A process died. */
  record Crashed(String reason) implements TraceEvent {}

  /** A process stands still; its clock does not. */
  record Paused() implements TraceEvent {}

  /** A process that stood still goes on. */
  record Resumed() implements TraceEvent {}

  // ---------------------------------------------------------------------------------------------
  // Elections
  // ---------------------------------------------------------------------------------------------

  /**
   * A node took a role, the term it is in, or the leader it follows.
   *
   * @param term the term it is in now
   * @param leader the leader it knows of now, 0 for none
   * @param reason why, in a few words
   */
  record RoleChanged(RaftRole from, RaftRole to, long term, long leader, String reason)
      implements TraceEvent {}

  /**
   * A node gave its vote, itself included. It tells the candidate after the vote is {@link Synced}.
   */
  record Voted(long term, long candidate) implements TraceEvent {}

  // ---------------------------------------------------------------------------------------------
  // The log
  // ---------------------------------------------------------------------------------------------

  /**
   * A node added entries to its log and asked its disk to write them.
   *
   * @param entries contiguous, behind the log's end
   * @param bytes how long their commands are together
   */
  record Appended(List<TermRun> entries, long bytes) implements TraceEvent {
    /** Keeps a copy of the entries. */
    public Appended {
      entries = List.copyOf(entries);
    }
  }

  /** A node dropped the end of its log, because it conflicts with the leader's. */
  record Truncated(long first, long last) implements TraceEvent {}

  /** All that a node wrote up to this log index is durable, and so are its term and vote. */
  record Synced(long last) implements TraceEvent {}

  /** A node learnt that the log is committed up to an index. */
  record Committed(long index) implements TraceEvent {}

  /** A node's state machine applied entries. */
  record Applied(long first, long last) implements TraceEvent {}

  // ---------------------------------------------------------------------------------------------
  // Snapshots
  // ---------------------------------------------------------------------------------------------

  /** A node has a durable snapshot of its own state machine, up to {@code last}. */
  record SnapshotTaken(EntryId last, long bytes) implements TraceEvent {}

  /** A node began to send a snapshot to another one. */
  record SnapshotSent(long to, EntryId last, long bytes) implements TraceEvent {}

  /**
   * A node's state machine took over another one's snapshot: its state is that after {@code last}.
   */
  record SnapshotInstalled(EntryId last) implements TraceEvent {}

  /** A node dropped the beginning of its log, up to {@code base}, which a snapshot stands for. */
  record Compacted(EntryId base) implements TraceEvent {}

  // ---------------------------------------------------------------------------------------------
  // Messages
  // ---------------------------------------------------------------------------------------------

  /** A node sent a message; whatever becomes of it refers to the number of this event. */
  record MessageSent(Message message) implements TraceEvent {}

  /**
   * A message arrived, perhaps not for the first time.
   *
   * @param sent the number of its {@link MessageSent}
   */
  record MessageDelivered(long sent, Message message) implements TraceEvent {}

  /**
   * A message, or one copy of it, will not arrive. Belongs to the node it was meant for.
   *
   * @param sent the number of its {@link MessageSent}
   */
  record MessageDropped(long sent, Message message, Fate fate) implements TraceEvent {}

  /** What became of a message that did not arrive. */
  enum Fate {
    /** The network lost it by chance. */
    LOST,
    /** There is no way from the sender to the receiver. */
    CUT,
    /** The receiver does not run. */
    DOWN
  }

  /** A node took no notice of a message that arrived. */
  record MessageIgnored(Message message, String reason) implements TraceEvent {}

  // ---------------------------------------------------------------------------------------------
  // Faults
  // ---------------------------------------------------------------------------------------------

  /**
   * Something goes wrong from now on.
   *
   * @param fault what, in a word
   * @param nodes whom it concerns; empty if it concerns all
   * @param plannedNanos how long it lasts unless it is ended earlier; 0 if only an end ends it
   * @param details what else is to be said, perhaps nothing
   */
  record FaultBegan(String fault, List<Long> nodes, long plannedNanos, String details)
      implements TraceEvent {
    /** Keeps a copy of the nodes. */
    public FaultBegan {
      nodes = List.copyOf(nodes);
    }
  }

  /**
   * A fault is over before, or without, its planned end.
   *
   * @param began the number of its {@link FaultBegan}; 0 for all faults
   */
  record FaultEnded(long began) implements TraceEvent {}

  // ---------------------------------------------------------------------------------------------
  // Clients
  // ---------------------------------------------------------------------------------------------

  /**
   * A client asked the node something.
   *
   * @param client number of the client
   */
  record ClientAsked(int client, String request) implements TraceEvent {}

  /**
   * A client was answered, or will not be.
   *
   * @param asked the number of its {@link ClientAsked}
   * @param answer what it was told
   */
  record ClientAnswered(int client, long asked, Answer kind, String answer) implements TraceEvent {}

  /** What a client knows in the end. */
  enum Answer {
    /** It has the result. */
    OK,
    /** The request was refused: it has no effect and will have none. */
    REFUSED,
    /** It does not know whether the request took, or will take, effect. */
    UNKNOWN
  }

  // ---------------------------------------------------------------------------------------------
  // The run
  // ---------------------------------------------------------------------------------------------

  /** Something happened that must not happen; a run ends with it. */
  record Violated(String violation) implements TraceEvent {}

  /** What a scenario or a person has to say. */
  record Note(String text) implements TraceEvent {}
}
