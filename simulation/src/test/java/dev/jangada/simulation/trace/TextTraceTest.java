package dev.jangada.simulation.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TextTraceTest {

  private static final EntryId LAST = new EntryId(7, 2);

  @ParameterizedTest
  @MethodSource({"events", "messages"})
  void everyKindOfEventHasItsLine(TraceEvent event, String expected) {
    assertThat(TextTrace.line(new TraceRecord(12, 3_004_005_678L, 2, event)))
        .isEqualTo("#12 3.004005 n2 " + expected);
  }

  static Stream<Arguments> events() {
    return Stream.of(
        Arguments.of(
            new TraceEvent.Started(3, 0, EntryId.NONE, List.of(), 0),
            "start term=3 vote=- base=0@0 log=- applied=0"),
        Arguments.of(
            new TraceEvent.Started(
                3, 1, LAST, List.of(new TermRun(8, 9, 2), new TermRun(10, 10, 3)), 8),
            "start term=3 vote=n1 base=7@2 log=8-9@2,10-10@3 applied=8"),
        Arguments.of(new TraceEvent.StartFailed("no power"), "start-failed : no power"),
        Arguments.of(new TraceEvent.Crashed("crashes"), "crash : crashes"),
        Arguments.of(new TraceEvent.Paused(), "pause"),
        Arguments.of(new TraceEvent.Resumed(), "resume"),
        Arguments.of(
            new TraceEvent.RoleChanged(
                RaftRole.FOLLOWER, RaftRole.PRE_CANDIDATE, 4, 0, "election timeout"),
            "role follower>pre-candidate term=4 leader=- : election timeout"),
        Arguments.of(new TraceEvent.Voted(4, 3), "voted n3 term=4"),
        Arguments.of(
            new TraceEvent.Appended(List.of(new TermRun(5, 6, 2)), 40), "appended 5-6@2 bytes=40"),
        Arguments.of(new TraceEvent.Truncated(5, 6), "truncated 5-6"),
        Arguments.of(new TraceEvent.Synced(6), "synced 6"),
        Arguments.of(new TraceEvent.Committed(5), "committed 5"),
        Arguments.of(new TraceEvent.Applied(4, 5), "applied 4-5"),
        Arguments.of(new TraceEvent.SnapshotTaken(LAST, 99), "snapshot-taken 7@2 bytes=99"),
        Arguments.of(new TraceEvent.SnapshotSent(3, LAST, 99), "snapshot-sent n3 7@2 bytes=99"),
        Arguments.of(new TraceEvent.SnapshotInstalled(LAST), "snapshot-installed 7@2"),
        Arguments.of(new TraceEvent.Compacted(LAST), "compacted 7@2"),
        Arguments.of(
            new TraceEvent.MessageDelivered(9, new Message.VoteResponse(1, 2, 4, true)),
            "recv #9 n1 vote-granted"),
        Arguments.of(
            new TraceEvent.MessageDropped(
                9, new Message.VoteResponse(1, 2, 4, false), TraceEvent.Fate.DOWN),
            "drop #9 n1 vote-refused down"),
        Arguments.of(
            new TraceEvent.MessageIgnored(new Message.TimeoutNow(1, 2, 4), "not a member"),
            "ignore n1 timeout-now : not a member"),
        Arguments.of(
            new TraceEvent.FaultBegan("partition", List.of(1L, 3L), 1_500_000_000, "two groups"),
            "fault n1,n3 partition for=1.500000 : two groups"),
        Arguments.of(
            new TraceEvent.FaultBegan("blackout", List.of(), 0, ""),
            "fault - blackout for=0.000000"),
        Arguments.of(new TraceEvent.FaultEnded(9), "fault-end #9"),
        Arguments.of(new TraceEvent.FaultEnded(0), "fault-end -"),
        Arguments.of(new TraceEvent.ClientAsked(4, "get x"), "ask c4 : get x"),
        Arguments.of(
            new TraceEvent.ClientAnswered(4, 9, TraceEvent.Answer.UNKNOWN, ""),
            "answer #9 c4 unknown"),
        Arguments.of(new TraceEvent.Violated("two leaders"), "violation : two leaders"),
        Arguments.of(new TraceEvent.Note("a : b"), "note : a : b"));
  }

  static Stream<Arguments> messages() {
    Proposal proposal = new Proposal(2, 1, new byte[10]);
    List<Entry> entries =
        List.of(Entry.noop(8, 2), Entry.command(9, 3, proposal), Entry.command(10, 3, proposal));
    return Stream.of(
        sending(new Message.PreVoteRequest(2, 3, 5, LAST), "pre-vote term=5 last=7@2"),
        sending(new Message.PreVoteResponse(2, 3, 5, true), "pre-vote-granted term=5"),
        sending(new Message.PreVoteResponse(2, 3, 5, false), "pre-vote-refused term=5"),
        sending(new Message.VoteRequest(2, 3, 5, LAST, false), "vote term=5 last=7@2"),
        sending(new Message.VoteRequest(2, 3, 5, LAST, true), "vote term=5 last=7@2 transfer=true"),
        sending(new Message.VoteResponse(2, 3, 5, true), "vote-granted term=5"),
        sending(new Message.VoteResponse(2, 3, 5, false), "vote-refused term=5"),
        sending(
            new Message.AppendRequest(2, 3, 5, LAST, List.of(), 6, 0, false),
            "heartbeat term=5 prev=7@2 commit=6 answered=false"),
        sending(
            new Message.AppendRequest(2, 3, 5, LAST, entries, 6, 4, true),
            "append term=5 prev=7@2 entries=8-8@2,9-10@3 bytes=20 commit=6 round=4"),
        sending(new Message.AppendAccepted(2, 3, 5, 9, 0), "accepted term=5 match=9"),
        sending(
            new Message.AppendRejected(2, 3, 5, 9, 2, 6, 4),
            "rejected term=5 prev=9 conflict=6@2 round=4"),
        sending(new Message.StaleTerm(2, 3, 5), "stale-term term=5"),
        sending(new Message.TimeoutNow(2, 3, 5), "timeout-now term=5"),
        sending(new Message.Forward(2, 3, 5, List.of(proposal)), "forward term=5 commands=1"),
        sending(
            new Message.ForwardRefused(2, 3, 5, List.of(1L, 2L), Refusal.NOT_LEADER),
            "forward-refused term=5 commands=2 reason=not-leader"),
        sending(
            new Message.SnapshotChunk(2, 3, 5, LAST, Membership.NONE, 900, 300, new byte[200]),
            "snapshot term=5 last=7@2 offset=300 bytes=200 total=900"),
        sending(
            new Message.SnapshotAck(2, 3, 5, LAST, 500),
            "snapshot-received term=5 last=7@2 received=500"),
        sending(new Message.ReadIndexRequest(2, 3, 5, 77), "read-index term=5 id=77"),
        sending(
            new Message.ReadIndexResponse(2, 3, 5, 77, 9),
            "read-index-reply term=5 id=77 index=9"));
  }

  private static Arguments sending(Message message, String line) {
    return Arguments.of(new TraceEvent.MessageSent(message), "send n3 " + line);
  }

  @Test
  void whatHappensAtNoNodeIsMarked() {
    assertThat(new TraceRecord(1, 0, 0, new TraceEvent.Note("begins")))
        .hasToString("#1 0.000000 - note : begins");
  }

  @Test
  void textStaysOnOneLineWhateverItHolds() {
    String text = "a\nb\\n\r\t\u0000 \ud83d\ude80 \ud83d \u2028";

    assertThat(TextTrace.line(new TraceRecord(1, 0, 1, new TraceEvent.Note(text))))
        .isEqualTo(
            "#1 0.000000 n1 note : a\\nb\\\\n\\u000d\\u0009\\u0000 \ud83d\ude80 \\ud83d \u2028");
  }

  @Test
  void sinkWritesLineAfterLine() {
    StringBuilder text = new StringBuilder();
    Trace trace = new Trace(() -> 1_000, TextTrace.to(text));

    long first = trace.add(1, new TraceEvent.Paused());
    long second = trace.add(2, new TraceEvent.Resumed());

    assertThat(first).isEqualTo(1);
    assertThat(second).isEqualTo(2);
    assertThat(text).hasToString("#1 0.000001 n1 pause\n#2 0.000001 n2 resume\n");
  }

  @Test
  void sinkTellsThatItCannotWrite() {
    Writer full =
        new Writer() {
          @Override
          public void write(char[] chars, int offset, int length) throws IOException {
            throw new IOException("no space left");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Trace trace = new Trace(() -> 0, TextTrace.to(full));

    assertThatThrownBy(() -> trace.add(1, new TraceEvent.Paused()))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("trace cannot be written")
        .hasRootCauseMessage("no space left");
  }

  @Test
  void traceWithoutSinkIsOff() {
    assertThat(Trace.OFF.isOn()).isFalse();
    assertThat(Trace.OFF.add(1, new TraceEvent.Paused())).isZero();
  }

  @Test
  void twoSinksGetTheSame() {
    StringBuilder one = new StringBuilder();
    StringBuilder other = new StringBuilder();
    Trace trace = new Trace(() -> 0, TextTrace.to(one).and(TextTrace.to(other)));

    trace.add(1, new TraceEvent.Paused());

    assertThat(one).isNotEmpty().hasToString(other.toString());
  }

  @Test
  void runsJoinEntriesOfOneTerm() {
    assertThat(TermRun.of(List.of())).isEmpty();
    assertThat(TermRun.of(List.of(Entry.noop(3, 1), Entry.noop(4, 1), Entry.noop(5, 2))))
        .containsExactly(new TermRun(3, 4, 1), new TermRun(5, 5, 2));
  }
}
