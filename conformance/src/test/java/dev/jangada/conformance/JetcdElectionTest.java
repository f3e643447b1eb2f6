package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.ClusterUnderTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.etcd.jetcd.Election;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.election.LeaderResponse;
import io.etcd.jetcd.election.NoLeaderException;
import io.etcd.jetcd.election.NotLeaderException;
import io.etcd.jetcd.options.GetOption;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Elections by jetcd, which uses the server's service for them. */
@Timeout(300)
class JetcdElectionTest {

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private Election election;
  private Lease lease;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdElectionTest() {}

  @BeforeEach
  void connect() {
    election = etcd.client().getElectionClient();
    lease = etcd.client().getLeaseClient();
  }

  @Test
  void firstCandidateLeads() throws Exception {
    long id = grant();

    LeaderKey won = campaign(id, "first");

    assertThat(won.getName()).isEqualTo(etcd.key("e"));
    assertThat(won.getKey()).isEqualTo(etcd.key("e/" + Long.toHexString(id)));
    assertThat(won.getLease()).isEqualTo(id);
    assertThat(won.getRevision()).isPositive();
    LeaderResponse leader = answer(election.leader(etcd.key("e")));
    assertThat(leader.getKv().getValue()).isEqualTo(bytes("first"));
    assertThat(leader.getKv().getCreateRevision()).isEqualTo(won.getRevision());
  }

  @Test
  void nobodyLeadsWhereNobodyCampaigned() {
    assertThatThrownBy(() -> answer(election.leader(etcd.key("e"))))
        .hasCauseInstanceOf(NoLeaderException.class);
  }

  @Test
  void nextCandidateLeadsAfterAResignation() throws Exception {
    LeaderKey first = campaign(grant(), "first");
    CompletableFuture<CampaignResponse> second =
        election.campaign(etcd.key("e"), grant(), bytes("second"));
    awaitCandidates(2);
    assertThat(second).isNotDone();

    answer(election.resign(first));

    assertThat(answer(second).getLeader().getRevision()).isGreaterThan(first.getRevision());
    assertThat(answer(election.leader(etcd.key("e"))).getKv().getValue())
        .isEqualTo(bytes("second"));
  }

  @Test
  void nextCandidateLeadsWhenTheLeaseIsRevoked() throws Exception {
    long id = grant();
    campaign(id, "first");
    CompletableFuture<CampaignResponse> second =
        election.campaign(etcd.key("e"), grant(), bytes("second"));
    awaitCandidates(2);

    answer(lease.revoke(id));

    assertThat(answer(second).getLeader().getName()).isEqualTo(etcd.key("e"));
  }

  @Test
  void proclamationChangesTheValueWithoutAnElection() throws Exception {
    LeaderKey leader = campaign(grant(), "before");

    answer(election.proclaim(leader, bytes("after")));

    LeaderResponse found = answer(election.leader(etcd.key("e")));
    assertThat(found.getKv().getValue()).isEqualTo(bytes("after"));
    assertThat(found.getKv().getCreateRevision()).isEqualTo(leader.getRevision());
  }

  @Test
  void proclamationByWhoLostTheLeadershipIsRefused() throws Exception {
    LeaderKey former = campaign(grant(), "former");
    answer(election.resign(former));

    assertThatThrownBy(() -> answer(election.proclaim(former, bytes("still"))))
        .hasCauseInstanceOf(NotLeaderException.class);
  }

  @Test
  void observerSeesEveryLeaderAndProclamation() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    LeaderKey first = campaign(grant(), "first");
    election.observe(
        etcd.key("e"),
        new Election.Listener() {
          @Override
          public void onNext(LeaderResponse response) {
            seen.add(response.getKv().getValue().toString(StandardCharsets.UTF_8));
          }

          @Override
          public void onError(Throwable failure) {
            seen.add("failed: " + failure);
          }

          @Override
          public void onCompleted() {
            seen.add("completed");
          }
        });

    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("first");
    answer(election.proclaim(first, bytes("first again")));
    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("first again");
    answer(election.resign(first));
    campaign(grant(), "second");
    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEqualTo("second");
  }

  @Test
  void sameLeaseCampaignsAgainWithAnotherValue() throws Exception {
    long id = grant();
    LeaderKey first = campaign(id, "before");

    LeaderKey again = campaign(id, "after");

    assertThat(again.getKey()).isEqualTo(first.getKey());
    assertThat(again.getRevision()).isEqualTo(first.getRevision());
    assertThat(answer(election.leader(etcd.key("e"))).getKv().getValue()).isEqualTo(bytes("after"));
  }

  private LeaderKey campaign(long id, String value) throws Exception {
    return answer(election.campaign(etcd.key("e"), id, bytes(value))).getLeader();
  }

  private long grant() throws Exception {
    return answer(lease.grant(3600)).getID();
  }

  private void awaitCandidates(int count) {
    GetOption prefix = GetOption.builder().isPrefix(true).withCountOnly(true).build();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            answer(etcd.client().getKVClient().get(etcd.key("e/"), prefix)).getCount() == count);
  }
}
