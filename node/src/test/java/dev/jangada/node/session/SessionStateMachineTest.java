package dev.jangada.node.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.jangada.node.session.SessionCommand.Execute;
import dev.jangada.node.session.SessionCommand.Open;
import dev.jangada.node.session.SessionResult.Executed;
import dev.jangada.node.session.SessionResult.Expired;
import dev.jangada.node.session.SessionResult.Forgotten;
import dev.jangada.node.session.SessionResult.Malformed;
import dev.jangada.node.session.SessionResult.Opened;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionStateMachineTest {

  /** Adds each command to a text, and answers with the text. */
  private static final class Text implements StateMachine {
    private final StringBuilder text = new StringBuilder();
    private final List<Long> indices = new ArrayList<>();
    private long restored;

    @Override
    public long appliedIndex() {
      return indices.isEmpty() ? restored : indices.getLast();
    }

    @Override
    public boolean supportsSnapshots() {
      return true;
    }

    @Override
    public Snapshot snapshot() {
      byte[] picture = text.toString().getBytes(UTF_8);
      long index = appliedIndex();
      return new Snapshot() {
        @Override
        public long index() {
          return index;
        }

        @Override
        public long size() {
          return picture.length;
        }

        @Override
        public InputStream open() {
          return new ByteArrayInputStream(picture);
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void restore(long index, InputStream in) throws IOException {
      text.setLength(0);
      text.append(new String(in.readAllBytes(), UTF_8));
      indices.clear();
      restored = index;
    }

    @Override
    public List<byte[]> apply(List<Entry> entries) {
      List<byte[]> results = new ArrayList<>();
      for (Entry entry : entries) {
        indices.add(entry.index());
        results.add(text.append(new String(entry.data(), UTF_8)).toString().getBytes(UTF_8));
      }
      return results;
    }
  }

  private final Text text = new Text();
  private final SessionStateMachine machine = new SessionStateMachine(text, 2);
  private long last;

  private List<SessionResult> apply(byte[]... commands) {
    return applyTo(machine, commands);
  }

  private List<SessionResult> applyTo(StateMachine target, byte[]... commands) {
    List<Entry> entries = new ArrayList<>();
    for (byte[] command : commands) {
      entries.add(Entry.command(++last, 1, new Proposal(7, last, command)));
    }
    return target.apply(entries).stream().map(SessionResult::decode).toList();
  }

  private SessionResult execute(long session, long sequence, long acknowledged, String command) {
    return apply(command(session, sequence, acknowledged, command)).getFirst();
  }

  private static byte[] command(long session, long sequence, long acknowledged, String command) {
    return new Execute(session, sequence, acknowledged, command.getBytes(UTF_8)).encode();
  }

  private long open() {
    return ((Opened) apply(new Open().encode()).getFirst()).session();
  }

  private static SessionResult executed(String result) {
    return new Executed(result.getBytes(UTF_8));
  }

  @Test
  void copyOfCommandIsAnsweredAsTheFirstWasAndChangesNothing() {
    long session = open();
    assertThat(execute(session, 1, 0, "a")).isEqualTo(executed("a"));
    assertThat(execute(session, 2, 0, "b")).isEqualTo(executed("ab"));
    assertThat(execute(session, 1, 0, "a")).isEqualTo(executed("a"));
    assertThat(execute(session, 2, 1, "b")).isEqualTo(executed("ab"));
    assertThat(text.text).hasToString("ab");
  }

  @Test
  void copyInTheSameBatchIsExecutedOnce() {
    long session = open();
    byte[] command = command(session, 1, 0, "a");
    byte[] next = command(session, 2, 1, "b");
    assertThat(apply(command, command, next, next, command))
        .containsExactly(
            executed("a"), executed("a"), executed("ab"), executed("ab"), new Forgotten());
    assertThat(text.text).hasToString("ab");
  }

  @Test
  void commandsOfOneSessionMayArriveInAnyOrder() {
    long session = open();
    assertThat(execute(session, 2, 0, "b")).isEqualTo(executed("b"));
    assertThat(execute(session, 1, 0, "a")).isEqualTo(executed("ba"));
    assertThat(execute(session, 2, 0, "b")).isEqualTo(executed("b"));
  }

  @Test
  void lateCopyOfAcknowledgedCommandIsNotExecuted() {
    long session = open();
    execute(session, 1, 0, "a");
    execute(session, 2, 1, "b");
    assertThat(execute(session, 1, 0, "a")).isEqualTo(new Forgotten());
    assertThat(text.text).hasToString("ab");
  }

  @Test
  void sessionsAreIndependent() {
    long one = open();
    long other = open();
    assertThat(one).isNotEqualTo(other);
    assertThat(execute(one, 1, 0, "a")).isEqualTo(executed("a"));
    assertThat(execute(other, 1, 0, "b")).isEqualTo(executed("ab"));
  }

  @Test
  void sessionUnusedForLongestEndsWhenThereAreTooMany() {
    long one = open();
    long other = open();
    execute(one, 1, 0, "a");
    long third = open();
    assertThat(machine.openSessions()).isEqualTo(2);
    assertThat(execute(other, 1, 0, "b")).isEqualTo(new Expired());
    assertThat(execute(one, 1, 0, "a")).isEqualTo(executed("a"));
    assertThat(execute(third, 1, 0, "c")).isEqualTo(executed("ac"));
  }

  @Test
  void commandOutsideAnySessionIsNotExecuted() {
    assertThat(execute(99, 1, 0, "a")).isEqualTo(new Expired());
    assertThat(text.text).hasToString("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "\1more", "\2", "\2\1\1", "\2\1\0\0", "\2\1\1\1", "\2\0\1\0x"})
  void rubbishIsAnsweredAndNotExecuted(String rubbish) {
    assertThat(apply(rubbish.getBytes(UTF_8))).containsExactly(new Malformed());
    assertThat(text.text).hasToString("");
  }

  @Test
  void machineBelowSeesEveryIndex() {
    machine.apply(List.of(Entry.noop(++last, 1)));
    long session = open();
    byte[] command = command(session, 1, 0, "a");
    apply(command, command, "rubbish".getBytes(UTF_8));
    assertThat(text.indices).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(machine.appliedIndex()).isEqualTo(5);
  }

  @Test
  void noOpHasAnEmptyResult() {
    assertThat(machine.apply(List.of(Entry.noop(1, 1)))).containsExactly(new byte[0]);
  }

  @Test
  void machineThatHasKeptStateIsRefused() {
    text.apply(List.of(new Entry(1, 1, EntryType.COMMAND, 1, 1, new byte[0])));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SessionStateMachine(text, 2))
        .withMessageContaining("up to index 1");
  }

  @Test
  void clientThatNeverAcknowledgesIsStoppedByTheEncoding() {
    long outstanding = SessionStateMachine.MAX_OUTSTANDING;
    assertThat(new Execute(1, outstanding, 0, new byte[0])).isNotNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Execute(1, outstanding + 1, 0, new byte[0]))
        .withMessageContaining("acknowledged");
  }

  @Test
  void restoredMachineRecognisesCopiesAndGoesOnWhereTheSnapshotWasTaken() throws Exception {
    long one = open();
    long other = open();
    execute(other, 1, 0, "a");
    execute(one, 1, 0, "b");
    execute(one, 2, 0, "c");
    execute(one, 3, 1, "d");
    try (StateMachine.Snapshot snapshot = machine.snapshot()) {
      execute(one, 4, 3, "not in it");
      try (InputStream in = snapshot.open()) {
        assertThat(in.readAllBytes()).hasSize((int) snapshot.size());
      }
      // Over a machine with a past of its own, which must be forgotten.
      Text belowOther = new Text();
      SessionStateMachine restored = new SessionStateMachine(belowOther, 2);
      restored.apply(List.of(Entry.command(1, 1, new Proposal(7, 1, new Open().encode()))));
      try (InputStream in = snapshot.open()) {
        restored.restore(snapshot.index(), in);
      }
      assertThat(restored.appliedIndex()).isEqualTo(snapshot.index()).isEqualTo(last - 1);
      assertThat(restored.openSessions()).isEqualTo(2);

      last = snapshot.index();
      assertThat(applyTo(restored, command(one, 2, 0, "c"))).containsExactly(executed("abc"));
      assertThat(applyTo(restored, command(one, 1, 0, "b"))).containsExactly(new Forgotten());
      assertThat(applyTo(restored, command(one, 3, 1, "d"))).containsExactly(executed("abcd"));
      // The order of use is part of the state: the other session was unused for longest.
      applyTo(restored, new Open().encode());
      assertThat(applyTo(restored, command(other, 1, 0, "a"))).containsExactly(new Expired());
      assertThat(belowOther.text).hasToString("abcd");
    }
  }

  @Test
  void cutOffSnapshotIsRefused() throws Exception {
    long session = open();
    execute(session, 1, 0, "a");
    byte[] whole;
    try (StateMachine.Snapshot snapshot = machine.snapshot();
        InputStream in = snapshot.open()) {
      whole = in.readAllBytes();
    }
    for (int length = 0; length < whole.length - 1; length++) {
      InputStream cut = new ByteArrayInputStream(whole, 0, length);
      assertThatIOException()
          .as("the first %s bytes", length)
          .isThrownBy(() -> new SessionStateMachine(new Text(), 2).restore(3, cut));
    }
  }

  @Test
  void commandSurvivesItsEncoding() {
    Execute command = new Execute(Long.MAX_VALUE, 300, 128, new byte[] {1, 2, 3});
    assertThat(SessionCommand.decode(command.encode())).isEqualTo(command);
    assertThat(command.encode().length).isLessThanOrEqualTo(3 + SessionCommand.MAX_OVERHEAD_BYTES);
    assertThat(SessionCommand.decode(new Open().encode())).isEqualTo(new Open());
  }
}
