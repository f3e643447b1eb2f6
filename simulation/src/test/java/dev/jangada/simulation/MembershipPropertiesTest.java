package dev.jangada.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Configuration;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.SnapshotMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What must hold of a membership that changes, told by nodes that do not run. */
class MembershipPropertiesTest {

  private static final Membership FOUNDERS = Membership.ofVoters(List.of(1L, 2L, 3L));
  private static final Membership FOUR = Membership.ofVoters(List.of(1L, 2L, 3L, 4L));
  private static final Membership FIVE = Membership.ofVoters(List.of(1L, 2L, 3L, 4L, 5L));

  /** From one voter to another two. */
  private static final Membership JOINT =
      Membership.of(
          List.of(
              new Member(1, Member.Standing.OUTGOING, "", 0),
              new Member(2, Member.Standing.INCOMING, "", 0),
              new Member(3, Member.Standing.INCOMING, "", 0)));

  private final List<StillNode> nodes = new ArrayList<>();
  private final CommittedNeverLost committed = new CommittedNeverLost(nodes, 5, FOUNDERS);
  private final ChangesAreSafe property = new ChangesAreSafe(committed, FOUNDERS, 3, 5);

  MembershipPropertiesTest() {
    for (int number = 1; number <= 5; number++) {
      nodes.add(new StillNode(number));
    }
  }

  @Test
  void majorityOfVotersAgrees() {
    assertThat(agree(FOUNDERS, 1, 3)).isTrue();
    assertThat(agree(FOUNDERS, 1, 4)).isFalse();
    assertThat(agree(FOUR, 1, 2)).isFalse();
    assertThat(agree(FOUR, 1, 2, 4)).isTrue();
    assertThat(agree(Membership.NONE, 1)).isFalse();
  }

  @Test
  void bothSetsOfJointConfigurationHaveToAgree() {
    assertThat(agree(JOINT, 2, 3)).isFalse();
    assertThat(agree(JOINT, 1, 2)).isFalse();
    assertThat(agree(JOINT, 1, 2, 3)).isTrue();
  }

  @Test
  void majoritiesMeetUnlessTwoVotersChangeAtOnce() {
    assertThat(Majorities.alwaysMeet(FOUNDERS, FOUR)).isTrue();
    assertThat(Majorities.alwaysMeet(FOUNDERS, FIVE)).isFalse();
    assertThat(Majorities.alwaysMeet(Membership.ofVoters(List.of(1L)), JOINT)).isTrue();
    assertThat(Majorities.alwaysMeet(JOINT, Membership.ofVoters(List.of(2L, 3L)))).isTrue();
  }

  @Test
  void changeAfterCommittedOneIsSafe() {
    commit(Entry.noop(1, 1));
    assertHolds(() -> append(1, 1, Entry.configuration(2, 1, FOUR)));
  }

  @Test
  void changeOfTwoVotersAtOnceIsFound() {
    commit(Entry.noop(1, 1));
    assertViolates(() -> append(1, 1, Entry.configuration(2, 1, FIVE)), "not all majorities meet");
  }

  @Test
  void changeAfterUncommittedOneIsFound() {
    commit(Entry.noop(1, 1));
    append(1, 1, Entry.configuration(2, 1, FOUR));
    assertViolates(() -> append(1, 1, Entry.configuration(3, 1, FIVE)), "at 2, is not committed");
  }

  @Test
  void changeBeforeCommitInTheTermIsFound() {
    commit(Entry.noop(1, 1));
    assertViolates(
        () -> append(1, 2, Entry.configuration(2, 2, FOUR)), "nothing of that term is committed");
  }

  @Test
  void memberThatIsGoneAndNotRemovedIsFound() {
    commit(Entry.noop(1, 1));
    Membership two = Membership.ofVoters(List.of(1L, 2L));
    assertViolates(() -> append(1, 1, Entry.configuration(2, 1, two)), "lacks a member of [1 2 3]");
    assertHolds(
        () -> append(2, 1, Entry.configuration(2, 1, new Membership(two.members(), List.of(3L)))));
  }

  @Test
  void configurationThatIsNotTheLastInTheLogIsFound() {
    commit(Entry.noop(1, 1));
    append(1, 1, Entry.configuration(2, 1, FOUR));
    assertViolates(
        () -> property.turned(nodes.get(0), status(1, 1, 0, FOUNDERS)),
        "n1 goes by [1 2 3], and the last configuration in its log is [1 2 3 4]");
  }

  @Test
  void snapshotWithAnotherConfigurationIsFound() {
    commit(Entry.noop(1, 1));
    SnapshotMetadata wrong = new SnapshotMetadata(new EntryId(1, 1), FOUR);
    assertViolates(
        () -> property.writing(nodes.get(4), new LogWriter.Write(1, null, List.of(), 0, wrong)),
        "where [1 2 3] was committed");
    assertViolates(
        () ->
            property.sent(
                nodes.get(0),
                new Message.SnapshotChunk(
                    1, 5, 1, wrong.last(), Membership.NONE, 1, 0, new byte[1])),
        "n1 sends a snapshot of 1@1 with [], where [1 2 3] was committed");
  }

  @Test
  void restartedNodeGoesByWhatItsLogHolds() {
    commit(Entry.noop(1, 1), Entry.configuration(2, 1, FOUR));
    StillNode four = nodes.get(3);
    assertHolds(() -> property.turned(four, status(4, 1, 0, Membership.NONE)));
    four.log.reset(HardState.INITIAL, new EntryId(2, 1), List.of(Entry.noop(3, 1)));

    property.started(four);

    assertViolates(
        () -> property.turned(four, status(4, 1, 0, FOUNDERS)),
        "n4 goes by [1 2 3], and the last configuration in its log is [1 2 3 4]");
    four.log.reset(HardState.INITIAL, EntryId.NONE, List.of());
    property.started(four);
    assertHolds(() -> property.turned(four, status(4, 1, 0, Membership.NONE)));
  }

  @Test
  void commitIsByTheConfigurationInForce() {
    for (int number : List.of(1, 2, 3)) {
      write(number, Entry.noop(1, 1), Entry.configuration(2, 1, FOUR));
    }
    write(1, Entry.noop(3, 1));
    write(2, Entry.noop(3, 1));
    nodes.subList(0, 3).forEach(node -> committed.writing(node, all(node)));
    committed.turned(nodes.get(0), status(1, 1, 2, FOUR));
    assertViolates(
        () -> committed.turned(nodes.get(0), status(1, 1, 3, FOUR)), "only [n1, n2] have on disk");
    write(4, Entry.noop(1, 1), Entry.configuration(2, 1, FOUR), Entry.noop(3, 1));
    assertHolds(() -> committed.turned(nodes.get(0), status(1, 1, 3, FOUR)));
    assertThat(committed.membership()).isEqualTo(FOUR);
    assertThat(committed.membershipAt(1)).isEqualTo(FOUNDERS);
  }

  @Test
  void termOfRemovedNodeIsNotTakenOver() {
    RemovedAreIgnored ignored = new RemovedAreIgnored(committed, 5);
    Membership two = new Membership(Membership.ofVoters(List.of(1L, 2L)).members(), List.of(3L));
    commit(Entry.noop(1, 1), Entry.configuration(2, 1, two));
    StillNode one = nodes.get(0);
    ignored.turned(one, following(one, 1, 2, two));
    ignored.received(one, new Message.VoteRequest(3, 1, 9, new EntryId(1, 1), false));
    ignored.received(one, new Message.VoteRequest(2, 1, 4, new EntryId(1, 1), false));
    assertHolds(() -> ignored.turned(one, following(one, 4, 2, two)));

    ignored.received(one, new Message.VoteRequest(3, 1, 9, new EntryId(1, 1), false));
    assertViolates(
        () -> ignored.turned(one, following(one, 9, 2, two)), "takes over term 9 from a node");
  }

  // --- Helpers -----------------------------------------------------------------------------------

  private static boolean agree(Membership membership, long... ids) {
    return Majorities.agree(membership, id -> Arrays.stream(ids).anyMatch(each -> each == id));
  }

  /** The founders have it all on disk, and the first of them leads and takes it for committed. */
  private void commit(Entry... entries) {
    for (int number = 1; number <= 3; number++) {
      write(number, entries);
    }
    Entry last = entries[entries.length - 1];
    committed.writing(nodes.get(0), all(nodes.get(0)));
    committed.turned(nodes.get(0), status(1, last.term(), last.index(), FOUNDERS));
  }

  private void write(int number, Entry... entries) {
    LogWriter.Write write = new LogWriter.Write(1, null, List.of(entries));
    nodes.get(number - 1).log.apply(write);
    nodes.get(number - 1).durableLog.apply(write);
  }

  private static LogWriter.Write all(StillNode node) {
    return new LogWriter.Write(1, null, node.log.all());
  }

  /** A node, as leader, puts an entry into its log. */
  private void append(int number, long term, Entry entry) {
    StillNode node = nodes.get(number - 1);
    LogWriter.Write write = new LogWriter.Write(1, null, List.of(entry));
    property.writing(node, write);
    node.log.apply(write);
    property.turned(node, status(number, term, 0, entry.membership()));
  }

  private static RaftStatus status(long id, long term, long committed, Membership membership) {
    return status(id, term, id, RaftRole.LEADER, committed, membership);
  }

  private static RaftStatus following(
      StillNode node, long term, long committed, Membership membership) {
    return status(node.id(), term, HardState.NO_VOTE, RaftRole.FOLLOWER, committed, membership);
  }

  private static RaftStatus status(
      long id, long term, long vote, RaftRole role, long committed, Membership membership) {
    return new RaftStatus(
        id,
        term,
        vote,
        role,
        role == RaftRole.LEADER ? id : 0,
        EntryId.NONE,
        new EntryId(9, term),
        9,
        committed,
        committed,
        0,
        0,
        0,
        new Configuration(0, membership),
        List.of());
  }

  private static void assertHolds(ThrowingCallable event) {
    assertThatCode(event).doesNotThrowAnyException();
  }

  private static void assertViolates(ThrowingCallable event, String message) {
    assertThatThrownBy(event).isInstanceOf(PropertyViolation.class).hasMessageContaining(message);
  }
}
