package dev.jangada.node.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.driver.DriverCluster;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MembershipRequestsTest {
  private static final long CLUSTER = 7;

  private static final Outcome.Change NOBODY_WAITS =
      new Outcome.Change() {
        @Override
        public void changed(Membership membership) {}

        @Override
        public void failed(RaftException failure) {}
      };

  private final DriverCluster cluster = new DriverCluster(3, 1, settings -> settings, 1 << 20);
  private final DriverCluster.Node leader = cluster.elect(1);
  private final MembershipRequests requests =
      new MembershipRequests(
          CLUSTER,
          1,
          leader.driver::status,
          leader.driver::committedMembership,
          (changes, timeout) -> new CompletableFuture<>(),
          new Correspondence(CLUSTER, message -> {}),
          message -> {});

  private List<Long> membersTold() throws IOException {
    byte[] reply = requests.asked(Question.encode(new Question.WhoBelongs())).join();
    return ((Question.Members) Question.decodeReply(reply)).membership().ids();
  }

  /** Another leader may never hear of it, and whoever had begun a log by it would wait for ever. */
  @Test
  void whoIsAddedIsToldSoWhenThatIsCommitted() throws IOException {
    cluster.settle();
    leader.driver.changeMembership(
        List.of(new MembershipChange.AddLearner(4, "four", false)), 100, NOBODY_WAITS);
    leader.driver.advance();
    assertThat(leader.driver.status().membership().ids()).containsExactly(1L, 2L, 3L, 4L);

    assertThat(membersTold()).containsExactly(1L, 2L, 3L);

    cluster.settle();
    assertThat(membersTold()).containsExactly(1L, 2L, 3L, 4L);
  }
}
