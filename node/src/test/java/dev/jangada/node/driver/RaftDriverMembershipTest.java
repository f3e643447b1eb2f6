package dev.jangada.node.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.driver.DriverCluster.Changed;
import dev.jangada.node.driver.DriverCluster.Node;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.RaftException.Reason;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RaftDriverMembershipTest {
  private static final long LONG = 1_000;

  private final DriverCluster cluster = new DriverCluster(3, 1);

  private static MembershipChange learner(long id) {
    return new MembershipChange.AddLearner(id, "10.0.0." + id + ":1", false);
  }

  @Test
  void aChangeIsMadeWhenItsEntryIsCommittedAndNotBefore() {
    Node leader = cluster.elect(1);

    Changed added = leader.change(LONG, learner(4));

    assertThat(leader.driver.status().configuration().membership().member(4)).isNotNull();
    assertThat(added.isDone()).isFalse();
    assertThat(leader.driver.committedMembership().member(4)).isNull();

    cluster.settle();

    assertThat(Objects.requireNonNull(added.membership).ids()).containsExactly(1L, 2L, 3L, 4L);
    leader.tick(2);
    cluster.settle();
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.driver.committedMembership().ids()).contains(4L));
  }

  @Test
  void aFollowerAnswersThatItIsNotTheLeader() {
    cluster.elect(1);

    Changed added = cluster.node(2).change(LONG, learner(4));

    RaftException failure = Objects.requireNonNull(added.failure);
    assertThat(failure.reason()).isEqualTo(Reason.NOT_LEADER);
    assertThat(failure.outcomeUnknown()).isFalse();
  }

  @Test
  void aChangeThatComesBeforeThereIsALeaderWaitsForOne() {
    Changed added = cluster.node(1).change(LONG, learner(4));

    cluster.elect(1);
    cluster.node(1).tick(2);
    cluster.settle();

    assertThat(added.membership).isNotNull();
  }

  @Test
  void changesAreMadeOneAfterTheOtherInTheirOrder() {
    Node leader = cluster.elect(1);

    Changed first = leader.change(LONG, learner(4));
    Changed second = leader.change(LONG, new MembershipChange.Move(4, "10.0.0.9:1"));
    Changed third = leader.change(LONG, new MembershipChange.Remove(4));
    for (int i = 0; i < 8; i++) {
      cluster.settle();
      leader.tick();
    }

    assertThat(address(first)).isEqualTo("10.0.0.4:1");
    assertThat(address(second)).isEqualTo("10.0.0.9:1");
    assertThat(Objects.requireNonNull(third.membership).isRemoved(4)).isTrue();
  }

  private static String address(Changed changed) {
    Membership membership = Objects.requireNonNull(changed.membership);
    return Objects.requireNonNull(membership.member(4)).address();
  }

  @Test
  void aJointConfigurationIsLeftBeforeTheChangeIsMade() {
    Node leader = cluster.elect(1);

    Changed removed =
        leader.change(LONG, new MembershipChange.Remove(2), new MembershipChange.Remove(3));
    assertThat(leader.driver.status().configuration().membership().isJoint()).isTrue();
    cluster.settle();

    Membership made = Objects.requireNonNull(removed.membership);
    assertThat(made.isJoint()).isFalse();
    assertThat(made.ids()).containsExactly(1L);
    assertThat(made.removed()).containsExactly(2L, 3L);
  }

  @Test
  void whatTheLeaderRefusesForGoodFailsAtOnce() {
    Node leader = cluster.elect(1);

    Changed promoted = leader.change(LONG, new MembershipChange.Promote(2));

    RaftException failure = Objects.requireNonNull(promoted.failure);
    assertThat(failure.reason()).isEqualTo(Reason.CHANGE_REFUSED);
    assertThat(failure.changeRefusal()).isEqualTo(ChangeRefusal.WRONG_STANDING);
  }

  @Test
  void aChangeThatCannotBeBegunInTimeIsKnownToHaveNoEffect() {
    Node leader = cluster.elect(1);
    Changed stuck = leader.change(5, learner(4));
    Changed behind = leader.change(5, learner(5));
    cluster.takeNetwork();

    leader.tick(6);

    assertThat(Objects.requireNonNull(stuck.failure).reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(stuck.failure.outcomeUnknown()).isTrue();
    assertThat(Objects.requireNonNull(behind.failure).changeRefusal())
        .isEqualTo(ChangeRefusal.UNDER_WAY);
    assertThat(behind.failure.outcomeUnknown()).isFalse();
  }

  @Test
  void aChangeThatAnotherLeadersEntryDisplacedHasNoEffectAndSaysSo() {
    Node old = cluster.elect(1);
    Changed displaced = old.change(LONG, learner(4));
    cluster.takeNetwork();

    // The others elect one of them while nothing comes through to the old leader.
    Node next = cluster.node(2);
    for (int i = 0; i < 40 && !next.isLeader(); i++) {
      for (Node node : List.of(next, cluster.node(3))) {
        node.tick();
      }
      cluster.dropMessagesOf(1);
      cluster.settle();
    }
    cluster.dropMessagesOf(1);
    for (int i = 0; i < 6; i++) {
      next.tick(2);
      cluster.settle();
    }

    RaftException failure = Objects.requireNonNull(displaced.failure);
    assertThat(failure.reason()).isEqualTo(Reason.NOT_LEADER);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(old.driver.committedMembership().member(4)).isNull();
    assertThat(old.driver.status().configuration().membership().member(4)).isNull();
  }
}
