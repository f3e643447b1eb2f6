package dev.jangada.simulation.lab;

import dev.jangada.raft.Message;
import dev.jangada.raft.MessageCodec;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.simulation.trace.TraceEvent.Fate;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Carries the members' messages over a {@link LabNetwork}: there is an end from every member to
 * every other.
 *
 * <p>The course's network knows calls with answers, and Raft's messages here go one way. A message
 * that asks or tells ({@link Message.AppendRequest}, for one) is the request of a call; one that
 * replies is its answer, and fares as an answer over the end that the request came by. So counts,
 * losses and delays mean the same. Two things differ: that a call fails is never told, because the
 * core does not ask for it (its own timers see to that); and one acknowledgement may answer several
 * appends.
 *
 * <p>As in the original, a message that is under way when a link is cut still arrives; the link
 * counts when it is sent and, for an answer, when that is sent. A new process of a member has new
 * ends: what was sent by the one before still reaches others, but nothing that was an answer to it
 * reaches the new one.
 *
 * <p>Messages are immutable and are handed over as they are; they count with the size of their
 * encoding.
 */
final class RaftLinks {

  private final LabNetwork network;
  private final Trace trace;
  private final long[] ids;
  private final @Nullable LabServer[] servers;
  private final long[] incarnations;
  private final boolean[][] enabled;

  /** By receiver and sender: which process of the sender the last request came from. */
  private final long[][] askedBy;

  private final long[] handled;

  RaftLinks(LabNetwork network, Trace trace, List<Long> ids) {
    int size = ids.size();
    this.network = network;
    this.trace = trace;
    this.ids = ids.stream().mapToLong(Long::longValue).toArray();
    this.servers = new @Nullable LabServer[size];
    this.incarnations = new long[size];
    this.enabled = new boolean[size][size];
    this.askedBy = new long[size][size];
    this.handled = new long[size];
  }

  /** A process has started on this server. */
  void add(int number, LabServer server) {
    synchronized (network) {
      servers[number] = server;
      incarnations[number]++;
      Arrays.fill(enabled[number], false);
    }
  }

  /** The process of this server is dead. */
  void delete(int number) {
    synchronized (network) {
      servers[number] = null;
      incarnations[number]++;
    }
  }

  void enable(int from, int to, boolean on) {
    synchronized (network) {
      enabled[from][to] = on;
    }
  }

  /** How many requests have reached this server. */
  long handled(int number) {
    synchronized (network) {
      return handled[number];
    }
  }

  void send(Message message) {
    synchronized (network) {
      int from = numberOf(message.from());
      int to = numberOf(message.to());
      long number =
          trace.isOn() ? trace.add(message.from(), new TraceEvent.MessageSent(message)) : 0;
      if (isAnswer(message)) {
        answer(from, to, message, number);
      } else {
        request(from, to, message, number);
      }
    }
  }

  private int numberOf(long id) {
    for (int number = 0; number < ids.length; number++) {
      if (ids[number] == id) {
        return number;
      }
    }
    throw new AssertionError("no member has the id " + id);
  }

  private static boolean isAnswer(Message message) {
    return switch (message) {
      case Message.PreVoteRequest m -> false;
      case Message.VoteRequest m -> false;
      case Message.AppendRequest m -> false;
      case Message.TimeoutNow m -> false;
      case Message.Forward m -> false;
      case Message.ReadIndexRequest m -> false;
      case Message.SnapshotChunk m -> false;
      case Message.PreVoteResponse m -> true;
      case Message.VoteResponse m -> true;
      case Message.AppendAccepted m -> true;
      case Message.AppendRejected m -> true;
      case Message.StaleTerm m -> true;
      case Message.ForwardRefused m -> true;
      case Message.ReadIndexResponse m -> true;
      case Message.SnapshotAck m -> true;
    };
  }

  private void request(int from, int to, Message message, long number) {
    network.countRequest(MessageCodec.encodedSize(message));
    if (!enabled[from][to] || servers[to] == null) {
      dropped(number, message, servers[to] == null ? Fate.DOWN : Fate.CUT);
    } else if (network.isLost()) {
      dropped(number, message, Fate.LOST);
    } else {
      long sender = incarnations[from];
      long receiver = incarnations[to];
      network.after(
          network.requestNanos(),
          () -> {
            LabServer server = servers[to];
            if (server == null || incarnations[to] != receiver) {
              dropped(number, message, Fate.DOWN);
              return;
            }
            handled[to]++;
            askedBy[to][from] = sender;
            deliver(server, message, number);
          });
    }
  }

  private void answer(int from, int to, Message message, long number) {
    // It travels over the end that its request came by.
    if (!enabled[to][from]) {
      dropped(number, message, Fate.CUT);
    } else if (network.isLost()) {
      dropped(number, message, Fate.LOST);
    } else {
      long asker = askedBy[from][to];
      network.after(
          network.answerNanos(),
          () -> {
            LabServer server = servers[to];
            network.countAnswer(MessageCodec.encodedSize(message));
            if (server == null || incarnations[to] != asker) {
              dropped(number, message, Fate.DOWN);
            } else {
              deliver(server, message, number);
            }
          });
    }
  }

  private void deliver(LabServer server, Message message, long number) {
    if (trace.isOn()) {
      trace.add(message.to(), new TraceEvent.MessageDelivered(number, message));
    }
    server.receive(message);
  }

  private void dropped(long number, Message message, Fate fate) {
    if (trace.isOn()) {
      trace.add(message.to(), new TraceEvent.MessageDropped(number, message, fate));
    }
  }
}
