package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each check fails on a state that is sound but for what the check is about. */
class RaftInvariantsTest {

  /** A status whose parts can be exchanged. */
  private static final class Doctored {
    long term = 3;
    long vote = 1;
    RaftRole role = RaftRole.FOLLOWER;
    long leader = 2;
    EntryId base = EntryId.NONE;
    EntryId last = new EntryId(9, 3);
    long durable = 8;
    long committed = 7;
    long applied = 6;
    Configuration configuration = new Configuration(0, Membership.ofVoters(List.of(1L, 2L)));
    @Nullable EntryId installing;
    final Followers followers =
        new Followers(
            RaftConfig.builder(1, List.of(1L, 2L)).build(), configuration.membership(), 1);

    Moment moment() {
      Moment moment = new Moment();
      moment.id = 1;
      moment.term = term;
      moment.vote = vote;
      moment.role = role;
      moment.leader = leader;
      moment.base = base;
      moment.lastIndex = last.index();
      moment.lastTerm = last.term();
      moment.durable = durable;
      moment.committed = committed;
      moment.applied = applied;
      moment.configuration = configuration;
      moment.installing = installing;
      moment.followers = role == RaftRole.LEADER ? followers : null;
      return moment;
    }

    Doctored with(Consumer<Doctored> change) {
      change.accept(this);
      return this;
    }

    Doctored leading() {
      role = RaftRole.LEADER;
      leader = 1;
      return this;
    }

    Doctored follower(long match, long next) {
      for (Progress progress : followers.all()) {
        progress.match = match;
        progress.next = next;
      }
      return this;
    }
  }

  private static Doctored sound() {
    return new Doctored();
  }

  @Test
  void soundStatesPass() {
    Moment follower = sound().moment();
    Moment leader = sound().leading().follower(9, 10).moment();
    Moment candidate =
        sound()
            .with(s -> {
              s.role = RaftRole.CANDIDATE;
              s.leader = 0;
            })
            .moment();
    Moment installing = sound().with(s -> s.installing = new EntryId(20, 3)).moment();
    for (Moment moment : List.of(follower, leader, candidate, installing)) {
      assertThatCode(() -> RaftInvariants.checkState(moment)).doesNotThrowAnyException();
      assertThatCode(() -> RaftInvariants.checkTransition(moment, moment))
          .doesNotThrowAnyException();
    }
    assertThatCode(() -> RaftInvariants.checkTransition(candidate, leader))
        .doesNotThrowAnyException();
  }

  @TestFactory
  Stream<DynamicTest> checkStateRefuses() {
    return Stream.of(
        state("has applied 8, beyond its commit index 7", sound().with(s -> s.applied = 8)),
        state("has committed 10, beyond its last entry", sound().with(s -> s.committed = 10)),
        state("of which only 5 is durable", sound().with(s -> s.durable = 5)),
        state("calls 10 durable, beyond", sound().with(s -> s.durable = 10)),
        state("entry of term 4 while in term 3", sound().with(s -> s.last = new EntryId(9, 4))),
        state("follows itself", sound().with(s -> s.leader = 1)),
        state(
            "asks for pre-votes while it knows leader 2",
            sound().with(s -> s.role = RaftRole.PRE_CANDIDATE)),
        state(
            "candidate 1 has voted for 3",
            sound()
                .with(s -> {
                  s.role = RaftRole.CANDIDATE;
                  s.vote = 3;
                  s.leader = 0;
                })),
        state("candidate 1 knows leader 2", sound().with(s -> s.role = RaftRole.CANDIDATE)),
        state(
            "is CANDIDATE while it lacks the committed 20@3",
            sound()
                .with(s -> {
                  s.role = RaftRole.CANDIDATE;
                  s.leader = 0;
                  s.installing = new EntryId(20, 3);
                })),
        state("leader 1 has voted for 3", sound().leading().with(s -> s.vote = 3)),
        state("takes 2 for the leader", sound().leading().with(s -> s.leader = 2)),
        state("entry 5, which it has", sound().leading().follower(5, 5)),
        state("entry 11, beyond its own last", sound().leading().follower(5, 11)));
  }

  private static DynamicTest state(String sentence, Doctored doctored) {
    return DynamicTest.dynamicTest(
        sentence,
        () ->
            assertThatThrownBy(() -> RaftInvariants.checkState(doctored.moment()))
                .isInstanceOf(InvariantViolation.class)
                .hasMessageContaining(sentence));
  }

  @TestFactory
  Stream<DynamicTest> checkTransitionRefuses() {
    return Stream.of(
        transition("from term 3 back to 2", sound(), sound().with(s -> s.term = 2)),
        transition("commit index went from 7 back", sound(), sound().with(s -> s.committed = 6)),
        transition("applied index went from 6 back", sound(), sound().with(s -> s.applied = 5)),
        transition("voted for 1 and then for 3", sound(), sound().with(s -> s.vote = 3)),
        transition("voted for 1 and then for 0", sound(), sound().with(s -> s.vote = 0)),
        transition("saw leaders 2 and 3", sound(), sound().with(s -> s.leader = 3)),
        transition(
            "shortened its own log",
            sound().leading(),
            sound().leading().with(s -> s.last = new EntryId(8, 3))),
        transition(
            "became leader of term 3 as FOLLOWER",
            sound().with(s -> s.leader = 0),
            sound().leading()));
  }

  private static DynamicTest transition(String sentence, Doctored before, Doctored after) {
    return DynamicTest.dynamicTest(
        sentence,
        () ->
            assertThatThrownBy(
                    () -> RaftInvariants.checkTransition(before.moment(), after.moment()))
                .isInstanceOf(InvariantViolation.class)
                .hasMessageContaining(sentence));
  }

  @Test
  void logCutOffBeyondWhatIsAppliedIsFound() {
    Moment moment = sound().with(s -> s.base = new EntryId(7, 3)).moment();
    assertThatThrownBy(() -> RaftInvariants.checkState(moment))
        .hasMessageContaining("has cut off its log after 7@3, but applied only 6");
  }

  @Test
  void logThatBeginsEarlierAgainIsFound() {
    Moment before = sound().with(s -> s.base = new EntryId(5, 3)).moment();
    Moment after = sound().with(s -> s.base = new EntryId(4, 3)).moment();
    assertThatThrownBy(() -> RaftInvariants.checkTransition(before, after))
        .hasMessageContaining("began after 5@3 and now begins after 4@3");
  }

  @Test
  void leaderThatForgetsAMemberIsFound() {
    Membership three = Membership.ofVoters(List.of(1L, 2L, 3L));
    Doctored leader =
        sound().leading().follower(9, 10).with(s -> s.configuration = new Configuration(0, three));
    assertThatThrownBy(() -> RaftInvariants.checkState(leader.moment()))
        .hasMessageContaining("leader 1 looks after");
  }

  @Test
  void entriesForAFollowerThatWereCutOffAreFound() {
    Doctored leader = sound().leading().follower(3, 4).with(s -> s.base = new EntryId(5, 3));
    assertThatThrownBy(() -> RaftInvariants.checkState(leader.moment()))
        .hasMessageContaining("whose log begins after 5@3, sends follower 2 entries from 4");
  }
}
