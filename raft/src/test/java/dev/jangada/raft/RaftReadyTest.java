package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What accumulates between two Readys, and leaves in one. */
class RaftReadyTest {
  private static final List<Long> VOTERS = List.of(1L, 2L, 3L);

  private final Raft follower =
      new Raft(
          RaftConfig.builder(1, VOTERS).build(),
          new HardState(1, 0),
          RecoveredLog.empty((from, to, max) -> {
            throw new AssertionError("nothing is on disk");
          }),
          0,
          new Random(1));

  private static Entry entry(long index) {
    return Entry.command(index, 1, new Proposal(2, index, new byte[] {7}));
  }

  private static Message append(EntryId previous, long readRound, Entry... entries) {
    return new Message.AppendRequest(2, 1, 1, previous, List.of(entries), 0, readRound, true);
  }

  @Test
  void appendsThatArriveTogetherAreWrittenTogetherAndAcknowledgedOnce() {
    follower.step(append(EntryId.NONE, 4, entry(1)));
    follower.step(append(new EntryId(1, 1), 5, entry(2), entry(3)));
    Ready ready = follower.ready();
    assertThat(ready.append()).containsExactly(entry(1), entry(2), entry(3));
    assertThat(ready.persisted()).isEqualTo(new Persisted(1, new EntryId(3, 1)));
    assertThat(ready.sendNow()).isEmpty();
    assertThat(ready.sendAfterPersist()).containsExactly(new Message.AppendAccepted(1, 2, 1, 3, 5));
    assertThat(follower.hasReady()).isFalse();
  }

  @Test
  void anAppendThatIsOvertakenDoesNotLowerTheAcknowledgement() {
    follower.step(append(EntryId.NONE, 5, entry(1), entry(2)));
    follower.step(append(EntryId.NONE, 4, entry(1)));
    assertThat(follower.ready().sendAfterPersist())
        .containsExactly(new Message.AppendAccepted(1, 2, 1, 2, 5));
  }

  @Test
  void anEntryThatIsReplacedBeforeItWasHandedOutIsNeverWritten() {
    follower.step(append(EntryId.NONE, 0, entry(1), entry(2)));
    Entry other = Entry.command(2, 2, new Proposal(3, 1, new byte[0]));
    follower.step(
        new Message.AppendRequest(3, 1, 2, new EntryId(1, 1), List.of(other), 0, 0, true));
    Ready ready = follower.ready();
    assertThat(ready.append()).containsExactly(entry(1), other);
    assertThat(ready.hardState()).isEqualTo(new HardState(2, 0));
  }

  @Test
  void aFollowerGivesUpTheOldestOfTooManyReadsThatTheLeaderDoesNotAnswer() {
    follower.step(append(EntryId.NONE, 0));
    for (long read = 1; read <= Role.Follower.MAX_FORWARDED_READS + 2; read++) {
      follower.readIndex(read);
    }
    assertThat(follower.ready().reads())
        .containsExactly(new ReadState(1, ReadState.FAILED), new ReadState(2, ReadState.FAILED));
  }

  /** A node that stood still may be asked for a pre-vote and win its election in one turn. */
  @Test
  void aNodeThatHasComeToLeadHelpsNobodyElseTo() {
    Raft candidate = follower;
    while (candidate.term() == 1) {
      candidate.tick();
      candidate.step(new Message.PreVoteResponse(2, 1, 2, true));
    }
    candidate.persisted(Objects.requireNonNull(candidate.ready().persisted()));
    assertThat(candidate.isLeader()).isFalse();

    candidate.step(new Message.PreVoteRequest(3, 1, 3, EntryId.NONE));
    candidate.step(new Message.VoteResponse(2, 1, 2, true));

    assertThat(candidate.isLeader()).isTrue();
    assertThat(candidate.ready().sendNow())
        .noneMatch(message -> message instanceof Message.PreVoteResponse);
  }

  @Test
  void whatOnlyTellsTheCommitIndexIsAnsweredOnlyIfItIsRefused() {
    follower.step(append(EntryId.NONE, 0, entry(1)));
    follower.persisted(Objects.requireNonNull(follower.ready().persisted()));

    follower.step(new Message.AppendRequest(2, 1, 1, new EntryId(1, 1), List.of(), 1, 0, false));
    Ready accepted = follower.ready();
    follower.step(new Message.AppendRequest(2, 1, 1, new EntryId(3, 1), List.of(), 3, 0, false));
    Ready refused = follower.ready();

    assertThat(accepted.apply()).containsExactly(entry(1));
    assertThat(accepted.sendNow()).isEmpty();
    assertThat(accepted.sendAfterPersist()).isEmpty();
    assertThat(refused.sendNow()).containsExactly(new Message.AppendRejected(1, 2, 1, 3, 0, 2, 0));
  }
}
