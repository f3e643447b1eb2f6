package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The statements of section 5 of the paper, each as a test of one node. What the paper does not
 * have (pre-vote, quorum check) is off.
 */
class RaftPaperTest {
  private static final int TIMEOUT = 10;
  private static final List<Long> FIVE = List.of(1L, 2L, 3L, 4L, 5L);

  /** A core whose disk and state machine do at once what they are asked for. */
  private static final class Node {
    final Raft raft;
    final List<Message> sent = new ArrayList<>();
    final List<Entry> log = new ArrayList<>();
    final List<Entry> applied = new ArrayList<>();
    HardState hardState;

    Node(List<Long> voters, HardState hardState, long... terms) {
      this.hardState = hardState;
      List<EntryId> starts = new ArrayList<>();
      for (long term : terms) {
        Entry entry = entry(log.size() + 1, term);
        if (log.isEmpty() || log.getLast().term() != term) {
          starts.add(entry.id());
        }
        log.add(entry);
      }
      raft =
          new Raft(
              RaftConfig.builder(1, voters)
                  .electionTimeoutTicks(TIMEOUT)
                  .preVote(false)
                  .checkQuorum(false)
                  .build(),
              hardState,
              new RecoveredLog(
                  starts,
                  log.isEmpty() ? EntryId.NONE : log.getLast().id(),
                  (from, to, max) -> List.copyOf(log.subList((int) from - 1, (int) to - 1))),
              0,
              new Random(1));
    }

    Node step(Message message) {
      raft.step(message);
      return work();
    }

    Node ticks(int count) {
      for (int i = 0; i < count; i++) {
        raft.tick();
        work();
      }
      return this;
    }

    Node work() {
      while (raft.hasReady()) {
        Ready ready = raft.ready();
        sent.addAll(ready.sendNow());
        HardState changed = ready.hardState();
        if (changed != null) {
          hardState = changed;
        }
        for (Entry entry : ready.append()) {
          log.subList((int) entry.index() - 1, log.size()).clear();
          log.add(entry);
        }
        sent.addAll(ready.sendAfterPersist());
        applied.addAll(ready.apply());
        if (ready.persisted() != null) {
          raft.persisted(ready.persisted());
        }
        if (!ready.apply().isEmpty()) {
          raft.applied(ready.apply().getLast().index());
        }
      }
      return this;
    }

    List<Message> takeSent() {
      List<Message> taken = List.copyOf(sent);
      sent.clear();
      return taken;
    }

    <M> List<M> takeSent(Class<M> kind) {
      return takeSent().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    long[] logTerms() {
      return log.stream().mapToLong(Entry::term).toArray();
    }

    Node lead() {
      raft.campaign();
      work();
      for (long voter = 2; voter <= 3; voter++) {
        step(new Message.VoteResponse(voter, 1, raft.term(), true));
      }
      assertThat(raft.isLeader()).isTrue();
      return this;
    }

    RaftRole role() {
      return raft.status().role();
    }
  }

  private static Entry entry(long index, long term) {
    return Entry.command(index, term, new Proposal(9, 100 * term + index, new byte[] {1}));
  }

  private static Node fresh() {
    return new Node(FIVE, HardState.INITIAL);
  }

  private static Node with(long term, long... terms) {
    return new Node(FIVE, new HardState(term, 0), terms);
  }

  private static Message.AppendRequest append(
      long from, long term, EntryId previous, long commit, Entry... entries) {
    return new Message.AppendRequest(from, 1, term, previous, List.of(entries), commit, 0, true);
  }

  private static Message.VoteRequest vote(long from, long term, EntryId last) {
    return new Message.VoteRequest(from, 1, term, last, false);
  }

  private static Message.AppendAccepted accepted(long from, long term, long match) {
    return new Message.AppendAccepted(from, 1, term, match, 0);
  }

  private static EntryId id(long index, long term) {
    return new EntryId(index, term);
  }

  @Nested
  class Section51RaftBasics {

    @Test
    void anyServerUpdatesItsTermFromALargerOne() {
      for (Node node : List.of(fresh(), with(1).lead(), candidate())) {
        long newer = node.raft.term() + 3;
        node.step(append(2, newer, EntryId.NONE, 0));
        assertThat(node.raft.term()).isEqualTo(newer);
        assertThat(node.hardState).isEqualTo(new HardState(newer, 0));
      }
    }

    @Test
    void aCandidateOrLeaderWithAnOldTermRevertsToFollower() {
      for (Node node : List.of(with(1).lead(), candidate())) {
        node.step(new Message.VoteResponse(4, 1, node.raft.term() + 1, false));
        assertThat(node.role()).isEqualTo(RaftRole.FOLLOWER);
      }
    }

    @Test
    void aRequestWithAStaleTermIsRejected() {
      Node node = with(5, 1, 1);
      node.step(append(2, 4, id(2, 1), 2, entry(3, 4)));
      node.step(vote(3, 4, id(9, 4)));
      assertThat(node.takeSent())
          .containsExactly(
              new Message.StaleTerm(1, 2, 5), new Message.VoteResponse(1, 3, 5, false));
      assertThat(node.logTerms()).containsExactly(1, 1);
      assertThat(node.raft.committed()).isZero();
    }

    @Test
    void aServerStartsAsFollowerAndTermsIncreaseMonotonically() {
      Node node = with(3);
      assertThat(node.role()).isEqualTo(RaftRole.FOLLOWER);
      node.ticks(2 * TIMEOUT);
      assertThat(node.raft.term()).isEqualTo(4);
    }
  }

  private static Node candidate() {
    Node node = fresh();
    node.raft.campaign();
    return node.work();
  }

  @Nested
  class Section52LeaderElection {

    @Test
    void aLeaderSendsPeriodicHeartbeatsToAllFollowers() {
      Node node = fresh().lead();
      for (long peer = 2; peer <= 5; peer++) {
        node.step(accepted(peer, 1, 1));
      }
      node.takeSent();
      node.ticks(1);
      assertThat(node.takeSent(Message.AppendRequest.class))
          .allSatisfy(m -> assertThat(m.entries()).isEmpty())
          .extracting(Message::to)
          .containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void aNewLeaderSendsAppendsAtOnceToAllOthers() {
      assertThat(fresh().lead().takeSent(Message.AppendRequest.class))
          .extracting(Message::to)
          .containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void aFollowerThatHearsNothingForTheElectionTimeoutBeginsAnElection() {
      Node node = fresh().ticks(2 * TIMEOUT);
      assertThat(node.role()).isEqualTo(RaftRole.CANDIDATE);
    }

    @Test
    void aFollowerThatHearsFromTheLeaderStaysFollower() {
      Node node = fresh();
      for (int i = 0; i < 10 * TIMEOUT; i++) {
        node.ticks(1).step(append(2, 1, EntryId.NONE, 0));
      }
      assertThat(node.role()).isEqualTo(RaftRole.FOLLOWER);
      assertThat(node.raft.leader()).isEqualTo(2);
    }

    @Test
    void aCandidateIncrementsItsTermVotesForItselfAndAsksAllOthers() {
      Node node = with(2, 1, 2);
      node.raft.campaign();
      node.work();
      assertThat(node.hardState).isEqualTo(new HardState(3, 1));
      assertThat(node.takeSent())
          .containsExactly(
              new Message.VoteRequest(1, 2, 3, id(2, 2), false),
              new Message.VoteRequest(1, 3, 3, id(2, 2), false),
              new Message.VoteRequest(1, 4, 3, id(2, 2), false),
              new Message.VoteRequest(1, 5, 3, id(2, 2), false));
    }

    @Test
    void aCandidateWinsWithTheVotesOfAMajority() {
      Node node = candidate();
      node.step(new Message.VoteResponse(2, 1, 1, true));
      node.step(new Message.VoteResponse(2, 1, 1, true));
      assertThat(node.role()).as("one voter twice").isEqualTo(RaftRole.CANDIDATE);
      node.step(new Message.VoteResponse(3, 1, 1, false));
      assertThat(node.role()).isEqualTo(RaftRole.CANDIDATE);
      node.step(new Message.VoteResponse(4, 1, 1, true));
      assertThat(node.role()).isEqualTo(RaftRole.LEADER);
    }

    @Test
    void aServerVotesForAtMostOneCandidateInATermFirstComeFirstServed() {
      Node node = fresh();
      node.step(vote(2, 1, EntryId.NONE)).step(vote(3, 1, EntryId.NONE));
      assertThat(node.takeSent())
          .containsExactly(
              new Message.VoteResponse(1, 2, 1, true), new Message.VoteResponse(1, 3, 1, false));
    }

    @Test
    void aCandidateRecognisesALeaderOfItsTermAndReturnsToFollower() {
      Node node = candidate().step(append(3, 1, EntryId.NONE, 0));
      assertThat(node.role()).isEqualTo(RaftRole.FOLLOWER);
      assertThat(node.raft.leader()).isEqualTo(3);
      assertThat(node.raft.status().vote()).as("its vote is kept").isEqualTo(1);
    }

    @Test
    void aCandidateRejectsALeaderOfAnOlderTermAndContinues() {
      Node node = with(4);
      node.raft.campaign();
      node.work().step(append(3, 4, EntryId.NONE, 0));
      assertThat(node.role()).isEqualTo(RaftRole.CANDIDATE);
    }

    @Test
    void aCandidateWithoutAWinnerStartsANewElectionAfterItsTimeout() {
      Node node = candidate();
      node.ticks(2 * TIMEOUT);
      assertThat(node.raft.term()).isEqualTo(2);
      assertThat(node.role()).isEqualTo(RaftRole.CANDIDATE);
    }

    @Test
    void electionTimeoutsAreDrawnFromAFixedIntervalAnewForEachWait() {
      Node node = fresh();
      Set<Integer> waits = new HashSet<>();
      for (int i = 0; i < 200; i++) {
        long term = node.raft.term();
        int wait = 0;
        while (node.raft.term() == term) {
          node.ticks(1);
          wait++;
        }
        waits.add(wait);
      }
      assertThat(waits).hasSize(TIMEOUT).allMatch(wait -> wait >= TIMEOUT && wait < 2 * TIMEOUT);
    }
  }

  @Nested
  class Section53LogReplication {

    @Test
    void theLeaderAppendsACommandAndSendsItInParallelToAllOthers() {
      Node node = fresh().lead();
      for (long peer = 2; peer <= 5; peer++) {
        node.step(accepted(peer, 1, 1));
      }
      node.takeSent();
      node.raft.propose(new Proposal(1, 7, new byte[] {42}));
      node.work();
      Entry entry = Entry.command(2, 1, new Proposal(1, 7, new byte[] {42}));
      assertThat(node.log.getLast()).isEqualTo(entry);
      assertThat(node.takeSent(Message.AppendRequest.class))
          .allSatisfy(m -> {
            assertThat(m.previous()).isEqualTo(id(1, 1));
            assertThat(m.entries()).containsExactly(entry);
          })
          .extracting(Message::to)
          .containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void anEntryIsCommittedOnceAMajorityHasIt() {
      Node node = fresh().lead();
      node.step(accepted(2, 1, 1));
      assertThat(node.raft.committed()).isZero();
      node.step(accepted(2, 1, 1));
      assertThat(node.raft.committed()).as("one follower twice").isZero();
      node.step(accepted(5, 1, 1));
      assertThat(node.raft.committed()).isEqualTo(1);
      assertThat(node.applied).extracting(Entry::index).containsExactly(1L);
    }

    @Test
    void committingAnEntryCommitsAllPrecedingOnesAlsoOfEarlierLeaders() {
      Node node = with(2, 1, 2).lead();
      node.step(accepted(2, 3, 3)).step(accepted(3, 3, 3));
      assertThat(node.applied).extracting(Entry::index).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aFollowerAppliesInLogOrderOnceItLearnsThatEntriesAreCommitted() {
      Node node = fresh();
      node.step(append(2, 1, EntryId.NONE, 0, entry(1, 1), entry(2, 1), entry(3, 1)));
      assertThat(node.applied).isEmpty();
      node.step(append(2, 1, id(3, 1), 2));
      assertThat(node.applied).containsExactly(entry(1, 1), entry(2, 1));
      node.step(append(2, 1, id(3, 1), 3));
      assertThat(node.applied).containsExactly(entry(1, 1), entry(2, 1), entry(3, 1));
    }

    @Test
    void theLeaderKeepsTellingTheHighestCommittedIndex() {
      Node node = fresh().lead();
      node.step(accepted(2, 1, 1)).takeSent();
      node.step(accepted(3, 1, 1));
      assertThat(node.takeSent(Message.AppendRequest.class))
          .isNotEmpty()
          .allSatisfy(m -> assertThat(m.commit()).isEqualTo(1));
    }

    @Test
    void theLeaderRetriesUntilAFollowerHasAllEntries() {
      Node node = fresh().lead();
      node.takeSent();
      for (int i = 0; i < 3; i++) {
        node.ticks(1);
        assertThat(node.takeSent(Message.AppendRequest.class)).extracting(Message::to).contains(4L);
      }
      node.step(new Message.AppendAccepted(4, 1, 1, 0, 0));
      assertThat(node.takeSent(Message.AppendRequest.class))
          .filteredOn(m -> m.to() == 4)
          .last()
          .satisfies(m -> assertThat(m.entries()).extracting(Entry::index).containsExactly(1L));
    }

    @Test
    void aFollowerRefusesEntriesWhosePredecessorItDoesNotHave() {
      Node node = with(2, 1, 2);
      node.step(append(2, 2, id(3, 2), 0, entry(4, 2)));
      node.step(append(2, 2, id(1, 2), 0, entry(2, 2)));
      assertThat(node.takeSent())
          .containsExactly(
              new Message.AppendRejected(1, 2, 2, 3, 0, 3, 0),
              new Message.AppendRejected(1, 2, 2, 1, 1, 1, 0));
      assertThat(node.logTerms()).containsExactly(1, 2);
    }

    @Test
    void aFollowerReplacesConflictingEntriesAndKeepsMatchingOnes() {
      Node node = with(3, 1, 2, 2);
      node.step(append(2, 3, id(1, 1), 0, entry(2, 2)));
      assertThat(node.logTerms()).as("a match removes nothing").containsExactly(1, 2, 2);
      node.step(append(2, 3, id(1, 1), 0, entry(2, 3)));
      assertThat(node.logTerms()).containsExactly(1, 3);
    }

    @Test
    void theLeaderBringsAnyFollowerOfFigure7IntoLine() {
      long[][] figure7 = {
        {1, 1, 1, 4, 4, 5, 5, 6, 6},
        {1, 1, 1, 4},
        {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6},
        {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7},
        {1, 1, 1, 4, 4, 4, 4},
        {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}
      };
      for (long[] terms : figure7) {
        Node leader = with(7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6).lead();
        Node follower =
            new Node(List.of(1L, 6L), new HardState(7, 0), terms); // takes the messages of node 4
        List<Message> messages = leader.takeSent();
        for (int round = 0; round < 8; round++) {
          for (Message message : messages) {
            if (message instanceof Message.AppendRequest m && m.to() == 4) {
              follower.step(
                  new Message.AppendRequest(
                      6,
                      1,
                      m.term(),
                      m.previous(),
                      m.entries(),
                      m.commit(),
                      m.readRound(),
                      m.answered()));
            }
          }
          for (Message message : follower.takeSent()) {
            leader.step(
                switch (message) {
                  case Message.AppendAccepted m ->
                      new Message.AppendAccepted(4, 1, m.term(), m.match(), m.readRound());
                  case Message.AppendRejected m ->
                      new Message.AppendRejected(
                          4,
                          1,
                          m.term(),
                          m.previousIndex(),
                          m.conflictTerm(),
                          m.conflictIndex(),
                          m.readRound());
                  default -> throw new AssertionError(message);
                });
          }
          messages = leader.takeSent();
        }
        assertThat(follower.log).isEqualTo(leader.log);
      }
    }

    @Test
    void aLeaderNeverChangesItsOwnLog() {
      Node node = with(2, 1, 2).lead();
      List<Entry> before = List.copyOf(node.log);
      assertThatThrownBy(() -> node.step(append(2, 3, id(1, 1), 0, entry(2, 3))))
          .isInstanceOf(InvariantViolation.class);
      assertThat(node.log).isEqualTo(before);
    }
  }

  @Nested
  class Section54Safety {

    @Test
    void aVoterDeniesItsVoteToALessUpToDateLog() {
      record Case(EntryId last, boolean granted) {}
      for (Case c :
          List.of(
              new Case(id(3, 2), true),
              new Case(id(4, 2), true),
              new Case(id(1, 3), true),
              new Case(id(2, 2), false),
              new Case(id(9, 1), false))) {
        Node node = with(3, 1, 1, 2);
        node.step(vote(2, 4, c.last()));
        assertThat(node.takeSent())
            .as("candidate's last entry %s", c.last())
            .containsExactly(new Message.VoteResponse(1, 2, 4, c.granted()));
      }
    }

    @Test
    void onlyEntriesOfTheCurrentTermAreCommittedByCountingReplicas() {
      Node node = with(2, 1, 2).lead();
      for (long peer = 2; peer <= 5; peer++) {
        node.step(accepted(peer, 3, 2));
      }
      assertThat(node.raft.committed()).isZero();
      node.step(accepted(2, 3, 3)).step(accepted(3, 3, 3));
      assertThat(node.raft.committed()).isEqualTo(3);
    }

    @Test
    void acknowledgementsOfAnEarlierTermDoNotCount() {
      Node node = with(2, 1, 2).lead();
      node.step(accepted(2, 2, 3)).step(accepted(3, 2, 3));
      assertThat(node.raft.committed()).isZero();
    }

    @Test
    void aFollowersCommitIndexIsBoundedByTheLastNewEntry() {
      Node node = with(2, 1, 2, 2, 2);
      node.step(append(2, 3, id(1, 1), 4));
      assertThat(node.raft.committed()).isEqualTo(1);
      node.step(append(2, 3, id(1, 1), 4, entry(2, 3)));
      assertThat(node.raft.committed()).isEqualTo(2);
    }
  }

  @Nested
  class Section55FollowerAndCandidateCrashes {

    @Test
    void requestsAreIdempotent() {
      Node node = fresh();
      Message request = append(2, 1, EntryId.NONE, 1, entry(1, 1), entry(2, 1));
      node.step(request);
      Message answer = node.takeSent().getLast();
      node.step(request);
      assertThat(node.takeSent()).containsExactly(answer);
      assertThat(node.logTerms()).containsExactly(1, 1);
      assertThat(node.applied).containsExactly(entry(1, 1));
    }

    @Test
    void aRestartedServerRemembersItsVote() {
      Node node = fresh().step(vote(2, 1, EntryId.NONE));
      Node again = new Node(FIVE, node.hardState);
      again.step(vote(3, 1, EntryId.NONE));
      assertThat(again.takeSent()).containsExactly(new Message.VoteResponse(1, 3, 1, false));
    }
  }

  @Nested
  class Section56TimingAndAvailability {

    @Test
    void aLeaderInOfficeIsNotReplacedWhileItsHeartbeatsArriveInTime() {
      Node node = fresh();
      for (int i = 0; i < 20; i++) {
        node.step(append(2, 1, EntryId.NONE, 0)).ticks(TIMEOUT - 1);
      }
      assertThat(node.raft.term()).isEqualTo(1);
    }
  }
}
