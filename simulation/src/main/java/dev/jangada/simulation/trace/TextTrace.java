package dev.jangada.simulation.trace;

import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * The text form of a trace: one line for each event, the same for the same run.
 *
 * <pre>
 * line    = "#" NUMBER " " SECONDS " " WHO " " event [" : " TEXT]
 * SECONDS = virtual time with six decimals
 * WHO     = "n" ID of the node, or "-"
 *
 * event   = "start term=" TERM " vote=" WHO " base=" ENTRY " log=" RUNS " applied=" INDEX
 *         | "start-failed" | "crash"                    TEXT says why
 *         | "pause" | "resume"
 *         | "role " ROLE ">" ROLE " term=" TERM " leader=" WHO     TEXT says why
 *         | "voted " WHO " term=" TERM
 *         | "appended " RUNS " bytes=" BYTES
 *         | "truncated " INDEX "-" INDEX
 *         | "synced " INDEX                             durable up to here
 *         | "committed " INDEX
 *         | "applied " INDEX "-" INDEX
 *         | "snapshot-taken " ENTRY " bytes=" BYTES
 *         | "snapshot-sent " WHO " " ENTRY " bytes=" BYTES
 *         | "snapshot-installed " ENTRY
 *         | "compacted " ENTRY                          the log begins after this entry
 *         | "send " WHO " " message
 *         | "recv #" NUMBER " " WHO " " KIND            of the sending, and the sender
 *         | "drop #" NUMBER " " WHO " " KIND " " ("lost" | "cut" | "down")
 *         | "ignore " WHO " " KIND                      TEXT says why
 *         | "fault " WHO,... " " NAME " for=" SECONDS   TEXT says more
 *         | "fault-end " ("#" NUMBER | "-")             "-" for all faults
 *         | "ask c" CLIENT                              TEXT is the request
 *         | "answer #" NUMBER " c" CLIENT " " ("ok" | "refused" | "unknown")   TEXT is the answer
 *         | "violation" | "note"                        TEXT says what
 *
 * message = KIND " term=" TERM {" " KEY "=" VALUE}
 * KIND    = "pre-vote" | "pre-vote-granted" | "pre-vote-refused" | "vote" | "vote-granted"
 *         | "vote-refused" | "heartbeat" | "append" | "accepted" | "rejected" | "stale-term"
 *         | "timeout-now" | "forward" | "forward-refused" | "read-index" | "read-index-reply"
 *         | "snapshot" | "snapshot-received"
 * ENTRY   = INDEX "@" TERM                              0@0 before the first entry
 * RUNS    = RUN {"," RUN} | "-"
 * RUN     = INDEX "-" INDEX "@" TERM                    entries of one term
 * ROLE    = "follower" | "pre-candidate" | "candidate" | "leader"
 * </pre>
 *
 * In a TEXT a backslash is doubled, a line break is {@code \n}, and what else cannot be printed is
 * {@code \}{@code uXXXX} with four hexadecimal digits, so that a line stays one line. New kinds of
 * events, and new keys at the end of a message, may be added; nothing else changes.
 */
public final class TextTrace {

  private TextTrace() {}

  /**
   * A sink that writes lines.
   *
   * @param out is neither flushed nor closed; what it throws comes out of the sink as an {@link
   *     UncheckedIOException}
   */
  public static TraceSink to(Appendable out) {
    return event -> {
      try {
        out.append(line(event)).append('\n');
      } catch (IOException e) {
        throw new UncheckedIOException("the trace cannot be written", e);
      }
    };
  }

  /** The line of an event, without a line break. */
  public static String line(TraceRecord traced) {
    StringBuilder line = new StringBuilder(96);
    line.append('#').append(traced.number()).append(' ');
    appendSeconds(line, traced.nanos());
    line.append(' ').append(who(traced.node())).append(' ');
    appendEvent(line, traced.event());
    return line.toString();
  }

  private static void appendSeconds(StringBuilder line, long nanos) {
    long micros = nanos / 1_000;
    line.append(micros / 1_000_000).append('.');
    String fraction = Long.toString(1_000_000 + micros % 1_000_000);
    line.append(fraction, 1, fraction.length());
  }

  private static void appendEvent(StringBuilder line, TraceEvent event) {
    switch (event) {
      case TraceEvent.Started e -> {
        line.append("start term=").append(e.term()).append(" vote=").append(who(e.vote()));
        line.append(" base=").append(e.base()).append(" log=").append(runs(e.log()));
        line.append(" applied=").append(e.applied());
      }
      case TraceEvent.StartFailed e -> text(line.append("start-failed"), e.reason());
      case TraceEvent.Crashed e -> text(line.append("crash"), e.reason());
      case TraceEvent.Paused e -> line.append("pause");
      case TraceEvent.Resumed e -> line.append("resume");
      case TraceEvent.RoleChanged e -> {
        line.append("role ").append(role(e.from())).append('>').append(role(e.to()));
        line.append(" term=").append(e.term()).append(" leader=").append(who(e.leader()));
        text(line, e.reason());
      }
      case TraceEvent.Voted e ->
          line.append("voted ").append(who(e.candidate())).append(" term=").append(e.term());
      case TraceEvent.Appended e ->
          line.append("appended ").append(runs(e.entries())).append(" bytes=").append(e.bytes());
      case TraceEvent.Truncated e ->
          line.append("truncated ").append(e.first()).append('-').append(e.last());
      case TraceEvent.Synced e -> line.append("synced ").append(e.last());
      case TraceEvent.Committed e -> line.append("committed ").append(e.index());
      case TraceEvent.Applied e ->
          line.append("applied ").append(e.first()).append('-').append(e.last());
      case TraceEvent.SnapshotTaken e ->
          line.append("snapshot-taken ").append(e.last()).append(" bytes=").append(e.bytes());
      case TraceEvent.SnapshotSent e -> {
        line.append("snapshot-sent ").append(who(e.to())).append(' ').append(e.last());
        line.append(" bytes=").append(e.bytes());
      }
      case TraceEvent.SnapshotInstalled e -> line.append("snapshot-installed ").append(e.last());
      case TraceEvent.Compacted e -> line.append("compacted ").append(e.base());
      case TraceEvent.MessageSent e -> {
        line.append("send ").append(who(e.message().to())).append(' ');
        appendMessage(line, e.message());
      }
      case TraceEvent.MessageDelivered e -> {
        line.append("recv #").append(e.sent()).append(' ').append(who(e.message().from()));
        line.append(' ').append(kind(e.message()));
      }
      case TraceEvent.MessageDropped e -> {
        line.append("drop #").append(e.sent()).append(' ').append(who(e.message().from()));
        line.append(' ').append(kind(e.message())).append(' ').append(lower(e.fate()));
      }
      case TraceEvent.MessageIgnored e -> {
        line.append("ignore ").append(who(e.message().from())).append(' ');
        text(line.append(kind(e.message())), e.reason());
      }
      case TraceEvent.FaultBegan e -> {
        line.append("fault ").append(all(e.nodes())).append(' ').append(e.fault());
        appendSeconds(line.append(" for="), e.plannedNanos());
        text(line, e.details());
      }
      case TraceEvent.FaultEnded e ->
          line.append("fault-end ").append(e.began() == 0 ? "-" : "#" + e.began());
      case TraceEvent.ClientAsked e -> text(line.append("ask c").append(e.client()), e.request());
      case TraceEvent.ClientAnswered e -> {
        line.append("answer #").append(e.asked()).append(" c").append(e.client()).append(' ');
        text(line.append(lower(e.kind())), e.answer());
      }
      case TraceEvent.Violated e -> text(line.append("violation"), e.violation());
      case TraceEvent.Note e -> text(line.append("note"), e.text());
    }
  }

  /** What kind of message it is, in a word. */
  static String kind(Message message) {
    return switch (message) {
      case Message.PreVoteRequest m -> "pre-vote";
      case Message.PreVoteResponse m -> m.granted() ? "pre-vote-granted" : "pre-vote-refused";
      case Message.VoteRequest m -> "vote";
      case Message.VoteResponse m -> m.granted() ? "vote-granted" : "vote-refused";
      case Message.AppendRequest m -> m.entries().isEmpty() ? "heartbeat" : "append";
      case Message.AppendAccepted m -> "accepted";
      case Message.AppendRejected m -> "rejected";
      case Message.StaleTerm m -> "stale-term";
      case Message.TimeoutNow m -> "timeout-now";
      case Message.Forward m -> "forward";
      case Message.ForwardRefused m -> "forward-refused";
      case Message.ReadIndexRequest m -> "read-index";
      case Message.ReadIndexResponse m -> "read-index-reply";
      case Message.SnapshotChunk m -> "snapshot";
      case Message.SnapshotAck m -> "snapshot-received";
    };
  }

  private static void appendMessage(StringBuilder line, Message message) {
    line.append(kind(message)).append(" term=").append(message.term());
    switch (message) {
      case Message.PreVoteRequest m -> line.append(" last=").append(m.last());
      case Message.VoteRequest m -> {
        line.append(" last=").append(m.last());
        if (m.transfer()) {
          line.append(" transfer=true");
        }
      }
      case Message.AppendRequest m -> {
        line.append(" prev=").append(m.previous());
        if (!m.entries().isEmpty()) {
          line.append(" entries=").append(runs(TermRun.of(m.entries())));
          line.append(" bytes=").append(bytes(m.entries()));
        }
        line.append(" commit=").append(m.commit());
        round(line, m.readRound());
        if (!m.answered()) {
          line.append(" answered=false");
        }
      }
      case Message.AppendAccepted m ->
          round(line.append(" match=").append(m.match()), m.readRound());
      case Message.AppendRejected m -> {
        line.append(" prev=").append(m.previousIndex());
        line.append(" conflict=").append(m.conflictIndex()).append('@').append(m.conflictTerm());
        round(line, m.readRound());
      }
      case Message.Forward m -> line.append(" commands=").append(m.proposals().size());
      case Message.ForwardRefused m -> {
        line.append(" commands=").append(m.sequences().size());
        line.append(" reason=").append(lower(m.reason()));
      }
      case Message.ReadIndexRequest m -> line.append(" id=").append(m.id());
      case Message.ReadIndexResponse m ->
          line.append(" id=").append(m.id()).append(" index=").append(m.index());
      case Message.SnapshotChunk m -> {
        line.append(" last=").append(m.last()).append(" offset=").append(m.offset());
        line.append(" bytes=").append(m.data().length).append(" total=").append(m.total());
      }
      case Message.SnapshotAck m ->
          line.append(" last=").append(m.last()).append(" received=").append(m.received());
      case Message.PreVoteResponse m -> {}
      case Message.VoteResponse m -> {}
      case Message.StaleTerm m -> {}
      case Message.TimeoutNow m -> {}
    }
  }

  private static void round(StringBuilder line, long round) {
    if (round != 0) {
      line.append(" round=").append(round);
    }
  }

  private static String who(long node) {
    return node == 0 ? "-" : "n" + node;
  }

  private static String all(List<Long> nodes) {
    if (nodes.isEmpty()) {
      return "-";
    }
    StringBuilder all = new StringBuilder();
    for (long node : nodes) {
      all.append(all.isEmpty() ? "" : ",").append(who(node));
    }
    return all.toString();
  }

  private static String runs(List<TermRun> runs) {
    if (runs.isEmpty()) {
      return "-";
    }
    StringBuilder all = new StringBuilder();
    for (TermRun run : runs) {
      all.append(all.isEmpty() ? "" : ",").append(run.first()).append('-').append(run.last());
      all.append('@').append(run.term());
    }
    return all.toString();
  }

  static long bytes(List<Entry> entries) {
    long sum = 0;
    for (Entry entry : entries) {
      sum += entry.data().length;
    }
    return sum;
  }

  private static String role(RaftRole role) {
    return lower(role);
  }

  /** A constant's name as a word of the text form. */
  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void text(StringBuilder line, String text) {
    if (text.isEmpty()) {
      return;
    }
    line.append(" : ");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        line.append(c).append(text.charAt(++i));
      } else {
        switch (c) {
          case '\\' -> line.append("\\\\");
          case '\n' -> line.append("\\n");
          default -> {
            if (Character.isISOControl(c) || Character.isSurrogate(c)) {
              line.append("\\u").append(HexFormat.of().toHexDigits(c));
            } else {
              line.append(c);
            }
          }
        }
      }
    }
  }
}
