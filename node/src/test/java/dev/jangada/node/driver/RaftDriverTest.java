package dev.jangada.node.driver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.driver.DriverCluster.Node;
import dev.jangada.node.driver.DriverCluster.Read;
import dev.jangada.node.driver.DriverCluster.Submitted;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.RaftException.Reason;
import dev.jangada.raft.InvariantViolation;
import dev.jangada.raft.Message;
import dev.jangada.raft.Refusal;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RaftDriverTest {
  private static final long LONG = 1_000;

  private final DriverCluster cluster = new DriverCluster(3, 1);

  // --- Durability --------------------------------------------------------------------------------

  @Test
  void anAcknowledgementWaitsForItsOwnWrite() {
    Node leader = cluster.elect(1);
    leader.submit("a", LONG);
    cluster.takeNetwork().stream().filter(message -> message.to() == 2).forEach(cluster::deliver);

    assertThat(cluster.onTheWay(Message.AppendAccepted.class))
        .allSatisfy(accepted -> assertThat(accepted.match()).isEqualTo(1));
    cluster.takeNetwork();
    cluster.node(2).completeWrites();

    assertThat(cluster.onTheWay(Message.AppendAccepted.class))
        .extracting(Message.AppendAccepted::match)
        .containsExactly(2L);
  }

  @Test
  void acknowledgementsOfSeveralWritesUnderWayAreReleasedInTheirOrder() {
    Node leader = cluster.elect(1);
    Node follower = cluster.node(2);
    for (String command : List.of("a", "b", "c")) {
      leader.submit(command, LONG);
      cluster.takeNetwork().stream().filter(message -> message.to() == 2).forEach(cluster::deliver);
    }
    assertThat(follower.writes).hasSize(3);
    cluster.takeNetwork();

    follower.completeWrites(1);
    assertThat(matchesOnTheWay()).containsExactly(2L);
    follower.completeWrites(2);
    assertThat(matchesOnTheWay()).containsExactly(2L, 3L, 4L);
  }

  /** What it was about may have been replaced in the log since, before either was durable. */
  @Test
  void whatWasPromisedInAnEarlierTermIsNotSentAnyMore() {
    Node leader = cluster.elect(1);
    Node follower = cluster.node(2);
    leader.submit("a", LONG);
    cluster.takeNetwork().stream().filter(message -> message.to() == 2).forEach(cluster::deliver);
    cluster.takeNetwork();
    assertThat(follower.writes).isNotEmpty();

    long newerTerm = follower.driver.status().term() + 1;
    cluster.deliver(new Message.StaleTerm(3, 2, newerTerm));
    assertThat(follower.driver.status().term()).isEqualTo(newerTerm);
    follower.completeWrites();

    assertThat(matchesOnTheWay()).isEmpty();
  }

  private List<Long> matchesOnTheWay() {
    return cluster.onTheWay(Message.AppendAccepted.class).stream()
        .map(Message.AppendAccepted::match)
        .toList();
  }

  @Test
  void aVoteLeavesOnlyOnceItIsDurable() {
    Node candidate = cluster.node(1);
    Node voter = cluster.node(2);
    candidate.tick(2 * DriverCluster.ELECTION_TICKS);
    cluster.takeNetwork().stream().filter(message -> message.to() == 2).forEach(cluster::deliver);
    cluster.takeNetwork().forEach(cluster::deliver);
    assertThat(cluster.onTheWay(Message.VoteRequest.class)).isEmpty();
    candidate.completeWrites();
    List<Message.VoteRequest> requests = cluster.onTheWay(Message.VoteRequest.class);
    assertThat(requests).isNotEmpty();
    cluster.takeNetwork();

    requests.stream().filter(request -> request.to() == 2).forEach(cluster::deliver);
    assertThat(cluster.onTheWay(Message.VoteResponse.class)).isEmpty();
    voter.completeWrites();

    assertThat(cluster.onTheWay(Message.VoteResponse.class))
        .singleElement()
        .satisfies(response -> assertThat(response.granted()).isTrue());
  }

  @Test
  void aClusterOfOneAnswersNoClientBeforeItsOwnSync() {
    DriverCluster alone = new DriverCluster(1, 1);
    Node node = alone.elect(1);

    Submitted submitted = node.submit("a", LONG);
    node.completeBatches();
    assertThat(submitted.isDone()).isFalse();
    assertThat(node.commands()).isEmpty();
    node.completeWrites();
    node.completeBatches();

    assertThat(submitted.result).isEqualTo("1/2/a");
  }

  @Test
  void aWriteThatWasNeverAskedForCannotBeReported() {
    assertThatThrownBy(() -> cluster.node(1).driver.written(1))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("write 1 is said to be durable");
  }

  // --- Commands ----------------------------------------------------------------------------------

  @Test
  void aCommandIsAnsweredOnlyOnceItIsApplied() {
    Node leader = cluster.elect(1);
    Submitted submitted = leader.submit("a", LONG);
    while (leader.batches.isEmpty()) {
      cluster.takeNetwork().forEach(cluster::deliver);
      cluster.nodes().forEach(Node::completeWrites);
    }

    assertThat(submitted.isDone()).isFalse();
    leader.completeBatches();

    assertThat(submitted.result).isEqualTo("1/2/a");
  }

  @Test
  void commandsThatCameTogetherShareOneWriteAndOneMessage() {
    Node leader = cluster.elect(1);
    for (int i = 0; i < 10; i++) {
      leader.driver.submit(new byte[] {(byte) i}, LONG, new Submitted("c" + i));
    }
    leader.driver.advance();

    assertThat(leader.writes)
        .singleElement()
        .satisfies(write -> assertThat(write.entries()).hasSize(10));
    assertThat(cluster.onTheWay(Message.AppendRequest.class))
        .hasSize(2)
        .allSatisfy(append -> assertThat(append.entries()).hasSize(10));
  }

  @Test
  void aCommandOfAFollowerIsForwardedAndAnsweredByTheFollowersOwnMachine() {
    cluster.elect(1);

    Submitted submitted = cluster.node(3).submit("a", LONG);
    cluster.settle();
    cluster.node(1).tick(2);
    cluster.settle();

    assertThat(submitted.result).isEqualTo("3/2/a");
    assertThat(cluster.node(1).commands()).containsExactly("a");
  }

  @Test
  void aCommandWaitsUntilALeaderIsKnown() {
    Submitted submitted = cluster.node(3).submit("a", LONG);
    assertThat(cluster.network).isEmpty();

    cluster.elect(1);
    cluster.node(1).tick(2);
    cluster.settle();

    assertThat(submitted.result).isEqualTo("3/2/a");
  }

  @Test
  void aCommandThatNoLeaderTookFailsWithNoLeaderAtItsDeadlineAndIsNeverProposed() {
    Submitted submitted = cluster.node(3).submit("a", 5);
    cluster.node(3).tick(4);
    assertThat(submitted.isDone()).isFalse();
    cluster.node(3).tick(1);

    assertThat(failure(submitted.failure).reason()).isEqualTo(Reason.NO_LEADER);
    assertThat(failure(submitted.failure).outcomeUnknown()).isFalse();
    cluster.takeNetwork();
    cluster.elect(1);
    assertThat(cluster.node(1).commands()).isEmpty();
  }

  @Test
  void aForwardThatIsLostTimesOutAsUnknownAndIsNotForwardedAgainWhileTheLeaderStays() {
    cluster.elect(1);
    Submitted submitted = cluster.node(3).submit("a", 200);
    assertThat(cluster.onTheWay(Message.Forward.class)).hasSize(1);
    cluster.takeNetwork();

    cluster.node(2).submit("b", LONG);
    cluster.settle();
    for (int i = 0; i < 200; i++) {
      cluster.nodes().forEach(Node::tick);
      cluster.settle();
    }

    assertThat(failure(submitted.failure).reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(failure(submitted.failure).outcomeUnknown()).isTrue();
    assertThat(cluster.node(3).commands()).containsExactly("b");
  }

  @Test
  void aForwardThatIsLostGoesToTheNextLeaderOnceAnEntryOfANewerTermIsCommitted() {
    cluster.elect(1);
    Submitted submitted = cluster.node(3).submit("a", LONG);
    List<Message.Forward> forwards = cluster.onTheWay(Message.Forward.class);
    cluster.takeNetwork();

    transfer(1, 2);
    settleWithTicks();
    assertThat(submitted.result).endsWith("/a");

    // The first attempt arrives after all: nobody leads the term that it was meant for any more.
    forwards.forEach(cluster::deliver);
    settleWithTicks();
    assertThat(cluster.node(3).commands()).containsExactly("a");
  }

  @Test
  void aForwardThatItsLeaderTookBeforeItFellIsNotForwardedAgainIfItIsCommitted() {
    cluster.elect(1);
    Submitted submitted = cluster.node(3).submit("a", LONG);
    List<Message.Forward> forwards = cluster.onTheWay(Message.Forward.class);
    cluster.takeNetwork();
    forwards.forEach(cluster::deliver);

    transfer(1, 2);
    settleWithTicks();

    assertThat(submitted.result).endsWith("/a");
    assertThat(cluster.node(3).commands()).containsExactly("a");
    assertThat(cluster.node(2).commands()).containsExactly("a");
  }

  @Test
  void aForwardThatANodeRefusesBecauseItDoesNotLeadGoesToTheNextLeader() {
    cluster.elect(1);
    Submitted submitted = cluster.node(3).submit("a", LONG);
    List<Message.Forward> forwards = cluster.onTheWay(Message.Forward.class);
    cluster.takeNetwork();
    transfer(1, 2);

    forwards.forEach(cluster::deliver);
    assertThat(cluster.onTheWay(Message.ForwardRefused.class)).hasSize(1);
    settleWithTicks();

    assertThat(submitted.result).endsWith("/a");
    assertThat(cluster.node(2).commands()).containsExactly("a");
  }

  @Test
  void aSecondCopyOfARefusalDoesNotForwardTheCommandASecondTime() {
    cluster.elect(1);
    Submitted submitted = cluster.node(3).submit("a", LONG);
    Message.Forward forward = cluster.onTheWay(Message.Forward.class).getFirst();
    cluster.takeNetwork();
    Message.ForwardRefused refusal =
        new Message.ForwardRefused(
            1,
            3,
            forward.term(),
            List.of(forward.proposals().getFirst().sequence()),
            Refusal.NOT_LEADER);

    cluster.deliver(refusal);
    cluster.node(3).tick();
    assertThat(cluster.onTheWay(Message.Forward.class)).hasSize(1);
    cluster.deliver(refusal);
    settleWithTicks();
    cluster.deliver(refusal);
    settleWithTicks();

    assertThat(submitted.result).endsWith("/a");
    assertThat(cluster.node(2).commands()).containsExactly("a");
  }

  @Test
  void aForwardThatTheLeaderHasNoRoomForFailsAsOverloaded() {
    cluster.elect(1);
    Submitted submitted = cluster.node(3).submit("a", LONG);
    Message.Forward forward = cluster.onTheWay(Message.Forward.class).getFirst();
    cluster.takeNetwork();

    cluster.deliver(
        new Message.ForwardRefused(
            1,
            3,
            forward.term(),
            List.of(forward.proposals().getFirst().sequence()),
            Refusal.TOO_MANY_UNCOMMITTED));

    assertThat(failure(submitted.failure).reason()).isEqualTo(Reason.OVERLOADED);
    assertThat(failure(submitted.failure).outcomeUnknown()).isFalse();
  }

  @Test
  void aCommandDisplacedByAnotherLeadersEntryIsLost() {
    Node deposed = cluster.elect(1);
    Submitted displaced = deposed.submit("displaced", LONG);
    deposed.completeWrites();
    cluster.dropMessagesOf(1);

    electWithout(2, 1);
    cluster.node(2).submit("instead", LONG);
    settleWithTicks();

    assertThat(failure(displaced.failure).reason()).isEqualTo(Reason.LOST);
    assertThat(failure(displaced.failure).outcomeUnknown()).isFalse();
    assertThat(deposed.commands()).containsExactly("instead");
  }

  @Test
  void aCommandOfADeposedLeaderThatItsSuccessorCommitsIsAnsweredNevertheless() {
    Node deposed = cluster.elect(1);
    Submitted submitted = deposed.submit("a", LONG);
    cluster.takeNetwork().stream().filter(message -> message.to() == 2).forEach(cluster::deliver);
    deposed.completeWrites();
    cluster.node(2).completeWrites();
    cluster.takeNetwork();

    electWithout(2, 1);
    settleWithTicks();

    assertThat(submitted.result).isEqualTo("1/2/a");
  }

  @Test
  void aCommandWhoseTimeIsUpWhileItIsProposedTimesOutAsUnknownAndMayBeAppliedLater() {
    Node leader = cluster.elect(1);
    Submitted submitted = leader.submit("a", 3);
    leader.tick(3);

    assertThat(failure(submitted.failure).reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(failure(submitted.failure).outcomeUnknown()).isTrue();
    cluster.settle();
    assertThat(leader.commands()).containsExactly("a");
    assertThat(submitted.result).isNull();
  }

  @Test
  void commandsBeyondWhatMayWaitForALeaderAreRefusedAtOnce() {
    DriverCluster small = new DriverCluster(3, 1, builder -> builder, 200);
    Node node = small.node(1);
    Submitted first = node.submit("12345678", LONG);
    Submitted second = node.submit("12345678", LONG);
    Submitted third = node.submit("12345678", LONG);

    assertThat(failure(third.failure).reason()).isEqualTo(Reason.OVERLOADED);
    small.elect(1);
    assertThat(first.result).isNotNull();
    assertThat(second.result).isNotNull();
    assertThat(node.submit("12345678", LONG).failure).isNull();
  }

  @Test
  void roomForWaitingCommandsIsFreedWhenTheirTimeIsUp() {
    DriverCluster small = new DriverCluster(3, 1, builder -> builder, 100);
    Node node = small.node(1);
    node.submit("12345678", 2);
    assertThat(node.submit("12345678", LONG).failure).isNotNull();
    node.tick(2);

    assertThat(node.submit("12345678", LONG).failure).isNull();
  }

  @Test
  void aCommandThatIsTooLargeIsRefusedAtOnceOnAnyNode() {
    DriverCluster small = new DriverCluster(3, 1, builder -> builder.maxEntryBytes(3), 1 << 20);
    small.elect(1);

    assertThat(failure(small.node(1).submit("four", LONG).failure).reason())
        .isEqualTo(Reason.TOO_LARGE);
    assertThat(failure(small.node(2).submit("four", LONG).failure).reason())
        .isEqualTo(Reason.TOO_LARGE);
    assertThat(small.network).isEmpty();
  }

  @Test
  void aLeaderWithTooMuchUncommittedRefusesCommandsAsOverloaded() {
    DriverCluster small =
        new DriverCluster(3, 1, builder -> builder.maxUncommittedBytes(150), 1 << 20);
    Node leader = small.elect(1);
    Submitted first = leader.submit("12345678", LONG);
    Submitted second = leader.submit("12345678", LONG);
    Submitted third = leader.submit("12345678", LONG);

    assertThat(first.failure).isNull();
    assertThat(second.failure).isNull();
    assertThat(failure(third.failure).reason()).isEqualTo(Reason.OVERLOADED);
    assertThatThrownBy(() -> leader.driver.start("12345678".getBytes(UTF_8)))
        .isInstanceOf(RaftException.class);
  }

  @Test
  void stopFailsEverythingPendingAndSaysWhatMayStillTakeEffect() {
    Node leader = cluster.elect(1);
    Submitted proposed = leader.submit("a", LONG);
    Read read = leader.read(LONG);
    Submitted waiting = new Submitted("b");
    leader.driver.submit(new byte[1], LONG, waiting);

    leader.driver.stop("the test is over");

    assertThat(failure(proposed.failure).reason()).isEqualTo(Reason.STOPPED);
    assertThat(failure(proposed.failure).outcomeUnknown()).isTrue();
    assertThat(failure(waiting.failure).outcomeUnknown()).isFalse();
    assertThat(failure(read.failure)).hasMessage("the test is over");
    assertThat(leader.driver.pendingRequests()).isZero();
  }

  // --- Reads -------------------------------------------------------------------------------------

  @Test
  void readsThatCameTogetherShareOneRequest() {
    cluster.elect(1);
    Node follower = cluster.node(2);
    Read first = new Read();
    Read second = new Read();
    follower.driver.read(LONG, first);
    follower.driver.read(LONG, second);
    follower.driver.advance();

    assertThat(cluster.onTheWay(Message.ReadIndexRequest.class)).hasSize(1);
    cluster.settle();
    assertThat(first.index).isNotNull().isEqualTo(second.index);
  }

  @Test
  void aReadIsReadyOnlyOnceItsIndexIsAppliedHere() {
    Node leader = cluster.elect(1);
    Node follower = cluster.node(2);
    leader.submit("a", LONG);
    Read read = follower.read(LONG);
    for (int i = 0; i < 10; i++) {
      leader.tick();
      cluster.takeNetwork().forEach(cluster::deliver);
      cluster.nodes().forEach(Node::completeWrites);
      leader.completeBatches();
    }
    Read later = follower.read(LONG);
    while (!cluster.network.isEmpty()) {
      cluster.takeNetwork().forEach(cluster::deliver);
    }

    assertThat(follower.batches).isNotEmpty();
    assertThat(read.index).isEqualTo(1);
    assertThat(later.isDone()).isFalse();
    follower.completeBatches();
    assertThat(later.index).isEqualTo(2);
  }

  @Test
  void aReadWhoseAnswerIsLostIsAskedForAgainUnderAnotherNumber() {
    cluster.elect(1);
    Node follower = cluster.node(2);
    Read read = follower.read(LONG);
    long firstId = cluster.onTheWay(Message.ReadIndexRequest.class).getFirst().id();
    cluster.takeNetwork();

    for (int i = 0; i < 2 * DriverCluster.ELECTION_TICKS && !read.isDone(); i++) {
      cluster.node(1).tick();
      follower.tick();
      assertThat(cluster.onTheWay(Message.ReadIndexRequest.class))
          .allSatisfy(request -> assertThat(request.id()).isNotEqualTo(firstId));
      cluster.settle();
    }

    assertThat(read.index).isEqualTo(1);
  }

  @Test
  void aReadFailsAtItsDeadlineWithoutALeader() {
    Read read = cluster.node(1).read(3);
    cluster.node(1).tick(3);

    assertThat(failure(read.failure).reason()).isEqualTo(Reason.NO_LEADER);
  }

  @Test
  void aReadThatNobodyConfirmsFailsAtItsDeadlineWithoutAnyEffect() {
    Read read = cluster.elect(1).read(3);
    cluster.takeNetwork();
    cluster.node(1).tick(3);

    assertThat(failure(read.failure).reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(failure(read.failure).outcomeUnknown()).isFalse();
  }

  @Test
  void aReadOutlivesALeaderThatStepsDown() {
    Read read = cluster.elect(1).read(LONG);
    cluster.takeNetwork();

    electWithout(2, 1);
    settleWithTicks();

    assertThat(read.index).isEqualTo(2);
  }

  // --- Leadership --------------------------------------------------------------------------------

  @Test
  void aTransferEndsWhenTheOtherNodeLeads() {
    assertThat(transfer(1, 2).done).isTrue();
  }

  @Test
  void commandsSubmittedDuringATransferGoToTheNextLeader() {
    Node leader = cluster.elect(1);
    Transferred transferred = new Transferred();
    leader.driver.transferLeadership(2, LONG, transferred);
    Submitted submitted = leader.submit("a", LONG);
    assertThat(submitted.isDone()).isFalse();
    settleWithTicks();

    assertThat(transferred.done).isTrue();
    assertThat(submitted.result).endsWith("/a");
  }

  @Test
  void aTransferToANodeThatDoesNotAnswerFailsAtItsDeadline() {
    Node leader = cluster.elect(1);
    leader.submit("a", LONG);
    Transferred transferred = new Transferred();
    leader.driver.transferLeadership(2, 3, transferred);
    leader.tick(3);

    assertThat(failure(transferred.failure).reason()).isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void aTransferIsRefusedByAFollowerAndToAStranger() {
    cluster.elect(1);
    Transferred transferred = new Transferred();
    cluster.node(2).driver.transferLeadership(3, LONG, transferred);

    assertThat(failure(transferred.failure).reason()).isEqualTo(Reason.NOT_LEADER);

    Transferred toStranger = new Transferred();
    cluster.node(1).driver.transferLeadership(9, LONG, toStranger);

    assertThat(failure(toStranger.failure).reason()).isEqualTo(Reason.NOT_A_VOTER);
  }

  // --- Helpers -----------------------------------------------------------------------------------

  private Transferred transfer(long from, long to) {
    Transferred transferred = new Transferred();
    cluster.elect(from).driver.transferLeadership(to, LONG, transferred);
    cluster.node(from).driver.advance();
    settleWithTicks();
    assertThat(cluster.node(to).isLeader()).isTrue();
    return transferred;
  }

  /** Lets a few heartbeats' time pass on every node, and everything be delivered. */
  private void settleWithTicks() {
    cluster.settle();
    for (int i = 0; i < 6; i++) {
      cluster.nodes().forEach(Node::tick);
      cluster.settle();
    }
  }

  /** Has one node win an election in which another takes no part. */
  private void electWithout(long id, long absent) {
    for (int i = 0; i < 20 * DriverCluster.ELECTION_TICKS && !cluster.node(id).isLeader(); i++) {
      for (Node node : cluster.nodes()) {
        if (node.id == id || (node.id != absent && i < DriverCluster.ELECTION_TICKS)) {
          node.tick();
        }
      }
      for (int round = 0; round < 10; round++) {
        cluster.dropMessagesOf(absent);
        cluster.takeNetwork().forEach(cluster::deliver);
        for (Node node : cluster.nodes()) {
          if (node.id != absent) {
            node.completeWrites();
            node.completeBatches();
          }
        }
      }
    }
    assertThat(cluster.node(id).isLeader()).isTrue();
  }

  private static RaftException failure(@Nullable RaftException failure) {
    assertThat(failure).as("failure").isNotNull();
    return Objects.requireNonNull(failure);
  }

  private static final class Transferred implements Outcome.Transfer {
    boolean done;
    @Nullable RaftException failure;

    @Override
    public void transferred() {
      done = true;
    }

    @Override
    public void failed(RaftException why) {
      failure = why;
    }
  }
}
