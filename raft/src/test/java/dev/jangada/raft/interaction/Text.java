package dev.jangada.raft.interaction;

import dev.jangada.raft.Entry;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** How messages, entries and states are written in a trace. */
final class Text {

  private Text() {}

  static String of(Message message) {
    return message.from() + "->" + message.to() + " " + content(message);
  }

  private static String content(Message message) {
    String term = " t" + message.term();
    return switch (message) {
      case Message.PreVoteRequest m -> "PreVoteRequest" + term + " last=" + m.last();
      case Message.PreVoteResponse m -> "PreVoteResponse" + term + vote(m.granted());
      case Message.VoteRequest m ->
          "VoteRequest" + term + " last=" + m.last() + (m.transfer() ? " transfer" : "");
      case Message.VoteResponse m -> "VoteResponse" + term + vote(m.granted());
      case Message.AppendRequest m ->
          "Append"
              + term
              + " prev="
              + m.previous()
              + " "
              + ids(m.entries())
              + " commit="
              + m.commit()
              + round(m.readRound())
              + (m.answered() ? "" : " needs no answer");
      case Message.AppendAccepted m ->
          "Accepted" + term + " match=" + m.match() + round(m.readRound());
      case Message.AppendRejected m ->
          "Rejected"
              + term
              + " prev="
              + m.previousIndex()
              + (m.conflictTerm() == 0 ? " log ends" : " conflict term=" + m.conflictTerm())
              + " from="
              + m.conflictIndex()
              + round(m.readRound());
      case Message.StaleTerm m -> "StaleTerm" + term;
      case Message.TimeoutNow m -> "TimeoutNow" + term;
      case Message.Forward m ->
          "Forward"
              + term
              + " "
              + m.proposals().stream()
                  .map(p -> "#" + p.sequence() + " " + data(p.data()))
                  .collect(Collectors.joining(", "));
      case Message.ForwardRefused m ->
          "ForwardRefused" + term + " " + m.sequences() + " " + m.reason();
      case Message.ReadIndexRequest m -> "ReadIndexRequest" + term + " read=" + m.id();
      case Message.ReadIndexResponse m ->
          "ReadIndexResponse" + term + " read=" + m.id() + " index=" + m.index();
      case Message.SnapshotChunk m ->
          "Snapshot"
              + term
              + " last="
              + m.last()
              + " bytes "
              + m.offset()
              + "-"
              + (m.offset() + m.data().length)
              + " of "
              + m.total();
      case Message.SnapshotAck m ->
          "SnapshotAck" + term + " last=" + m.last() + " received=" + m.received();
    };
  }

  private static String vote(boolean granted) {
    return granted ? " granted" : " refused";
  }

  private static String round(long round) {
    return round == 0 ? "" : " round=" + round;
  }

  /** Only the identities. */
  static String ids(List<Entry> entries) {
    return entries.stream().map(entry -> entry.id().toString()).toList().toString();
  }

  /** Identities and commands. */
  static String commands(List<Entry> entries) {
    return entries.stream()
        .map(entry -> entry.id() + " " + command(entry))
        .collect(Collectors.joining(", "));
  }

  private static String command(Entry entry) {
    return switch (entry.type()) {
      case NOOP -> "no-op";
      case COMMAND -> data(entry.data());
      case CONFIGURATION -> "members " + entry.membership();
    };
  }

  private static String data(byte[] data) {
    return data.length > 20 ? data.length + " B" : new String(data, StandardCharsets.UTF_8);
  }

  static String of(HardState hardState) {
    return "term=" + hardState.term() + " vote=" + hardState.vote();
  }

  static String of(RaftStatus s) {
    StringBuilder text =
        new StringBuilder(
            "%d %s t%d vote=%d leader=%d last=%s durable=%d committed=%d applied=%d"
                .formatted(
                    s.id(),
                    s.role(),
                    s.term(),
                    s.vote(),
                    s.leader(),
                    s.last(),
                    s.durable(),
                    s.committed(),
                    s.applied()));
    if (s.base().index() > 0) {
      text.append(" base=").append(s.base());
    }
    if (s.uncommittedBytes() > 0) {
      text.append(" uncommitted=").append(s.uncommittedBytes()).append("B");
    }
    if (s.pendingReads() > 0) {
      text.append(" reads=").append(s.pendingReads());
    }
    if (s.transferee() != 0) {
      text.append(" transferee=").append(s.transferee());
    }
    if (s.configuration().index() > 0) {
      text.append(" members=")
          .append(s.membership())
          .append(" of ")
          .append(s.configuration().index());
    }
    for (RaftStatus.FollowerStatus f : s.followers()) {
      text.append(
          "\n  follower %d match=%d next=%d %s%s"
              .formatted(
                  f.id(),
                  f.match(),
                  f.next(),
                  f.probing()
                      ? "probing"
                      : f.needsSnapshot()
                          ? "needs-snapshot"
                          : "inflight=" + f.inflightAppends() + "/" + f.inflightBytes() + "B",
                  (f.recentlyActive() ? " active" : "")
                      + (s.configuration().index() > 0 && f.caughtUp() ? " caught-up" : "")));
    }
    return text.toString();
  }
}
