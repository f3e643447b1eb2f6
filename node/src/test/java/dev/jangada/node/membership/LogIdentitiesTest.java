package dev.jangada.node.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.driver.DriverCluster;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LogIdentitiesTest {
  private static final int TIMEOUT_TICKS = 5;

  /** Without an empty entry: a new leader refuses changes for now, until it commits a command. */
  private final DriverCluster cluster =
      new DriverCluster(3, 1, settings -> settings.noop(false), 1 << 20);

  private final DriverCluster.Node leader = cluster.elect(1);
  private final LogIdentities identities = new LogIdentities(1, 101, TIMEOUT_TICKS);

  private void advance() {
    identities.advance(leader.driver, true);
    leader.driver.advance();
    cluster.settle();
  }

  private long logOf(long member) {
    Membership committed = leader.driver.committedMembership();
    Member known = Objects.requireNonNull(committed.member(member));
    return known.incarnation();
  }

  private void commitSomething() {
    leader.submit("a", 100);
    cluster.settle();
  }

  @Test
  void theLogsOfTheLeaderAndOfAnotherMemberArePutDownTogether() {
    commitSomething();
    advance();
    assertThat(logOf(1)).as("alone").isZero();

    identities.seen(2, 102);
    advance();

    assertThat(logOf(1)).isEqualTo(101);
    assertThat(logOf(2)).isEqualTo(102);
    assertThat(logOf(3)).isZero();
  }

  @Test
  void whatCouldNotBePutDownInTimeIsTriedAgain() {
    identities.seen(2, 102);
    advance();
    leader.tick(TIMEOUT_TICKS + 1);
    cluster.settle();
    assertThat(logOf(2)).as("nothing of this term is committed").isZero();

    commitSomething();
    advance();

    assertThat(logOf(2)).isEqualTo(102);
  }

  @Test
  void whoDoesNotLeadPutsNothingDown() {
    commitSomething();
    identities.seen(2, 102);

    identities.advance(leader.driver, false);
    leader.driver.advance();
    cluster.settle();

    assertThat(logOf(2)).isZero();
  }
}
