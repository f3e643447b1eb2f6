package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.v3electionpb.CampaignRequest;
import dev.jangada.etcd.api.v3electionpb.CampaignResponse;
import dev.jangada.etcd.api.v3electionpb.ElectionGrpc;
import dev.jangada.etcd.api.v3electionpb.LeaderKey;
import dev.jangada.etcd.api.v3electionpb.LeaderRequest;
import dev.jangada.etcd.api.v3electionpb.LeaderResponse;
import dev.jangada.etcd.api.v3electionpb.ProclaimRequest;
import dev.jangada.etcd.api.v3electionpb.ProclaimResponse;
import dev.jangada.etcd.api.v3electionpb.ResignRequest;
import dev.jangada.etcd.api.v3electionpb.ResignResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Elections over real sockets. The tests share a cluster, and use names and leases of their own.
 */
class ElectionServiceTest extends ClusterTest {

  @Test
  void firstCandidateLeadsAndTheNextWhenItResigns() throws Exception {
    LeaderKey first = campaign(0, "turns", 0x10, "a").get(60, TimeUnit.SECONDS).getLeader();
    assertThat(first.getKey()).isEqualTo(utf8("turns/10"));
    assertThat(first.getName()).isEqualTo(utf8("turns"));
    assertThat(first.getLease()).isEqualTo(0x10);
    ListenableFuture<CampaignResponse> next = campaign(1, "turns", 0x11, "b");
    awaitCandidates("turns", 2);
    for (int member = 0; member < 3; member++) {
      LeaderResponse leader = leader(member, "turns");
      assertThat(leader.getKv().getKey()).isEqualTo(first.getKey());
      assertThat(leader.getKv().getValue()).isEqualTo(utf8("a"));
      assertThat(leader.getKv().getCreateRevision()).isEqualTo(first.getRev());
    }
    assertThat(next.isDone()).isFalse();

    resign(2, first);

    assertThat(next.get(60, TimeUnit.SECONDS).getLeader().getKey()).isEqualTo(utf8("turns/11"));
    assertThat(leader(0, "turns").getKv().getValue()).isEqualTo(utf8("b"));
  }

  @Test
  void candidateWithoutALeaseGetsOne() throws Exception {
    LeaderKey leader = campaign(0, "session", 0, "a").get(60, TimeUnit.SECONDS).getLeader();
    assertThat(leader.getLease()).isPositive();
    assertThat(leader.getKey()).isEqualTo(utf8("session/" + Long.toHexString(leader.getLease())));
  }

  @Test
  void leaderProclaimsAndCampaigningAgainDoesSoToo() throws Exception {
    LeaderKey leader = campaign(0, "words", 0x20, "a").get(60, TimeUnit.SECONDS).getLeader();

    long revision = proclaim(1, leader, "b").getHeader().getRevision();

    assertThat(leader(2, "words").getKv().getValue()).isEqualTo(utf8("b"));
    assertThat(leader(2, "words").getKv().getModRevision()).isEqualTo(revision);
    LeaderKey again = campaign(0, "words", 0x20, "c").get(60, TimeUnit.SECONDS).getLeader();
    assertThat(again.getRev()).isEqualTo(leader.getRev());
    assertThat(leader(2, "words").getKv().getValue()).isEqualTo(utf8("c"));
    assertThat(leader(2, "words").getKv().getLease()).isEqualTo(0x20);
  }

  @Test
  void whoHasLostTheLeadershipCannotProclaimAndMayResign() throws Exception {
    LeaderKey lost = campaign(0, "lost", 0x30, "a").get(60, TimeUnit.SECONDS).getLeader();
    resign(0, lost);
    var unused = campaign(0, "lost", 0x30, "b").get(60, TimeUnit.SECONDS);

    assertUnknown("election: not leader", () -> proclaim(0, lost, "old"));
    resign(0, lost);
    assertThat(leader(0, "lost").getKv().getValue()).isEqualTo(utf8("b"));
  }

  @Test
  void refusalsHaveTheCodesAndTextsOfEtcd() {
    assertUnknown("election: no leader", () -> leader(1, "nobody"));
    assertUnknown(
        "\"leader\" field must be provided",
        () -> {
          var unused = stub(0).proclaim(ProclaimRequest.getDefaultInstance());
        });
    assertUnknown(
        "\"leader\" field must be provided",
        () -> {
          var unused = stub(0).resign(ResignRequest.getDefaultInstance());
        });
    assertUnknown(
        "etcdserver: requested lease not found",
        () -> {
          var unused = stub(0).campaign(request("nobody", 0x666, "a"));
        });
  }

  @Test
  void observerIsToldOfEachLeaderAndEachProclamationInOrder() throws Exception {
    try (Observer observer = new Observer("seen", 1)) {
      LeaderKey first = campaign(0, "seen", 0x40, "a").get(60, TimeUnit.SECONDS).getLeader();
      assertThat(observer.nextLeader()).isEqualTo("seen/40=a");
      ListenableFuture<CampaignResponse> second = campaign(1, "seen", 0x41, "b");
      awaitCandidates("seen", 2);
      ListenableFuture<CampaignResponse> third = campaign(2, "seen", 0x42, "c");
      awaitCandidates("seen", 3);
      var unused = proclaim(0, first, "a2");
      assertThat(observer.nextLeader()).isEqualTo("seen/40=a2");

      // Leads for as short a time as can be.
      resign(0, first);
      resign(0, second.get(60, TimeUnit.SECONDS).getLeader());

      assertThat(observer.nextLeader()).isEqualTo("seen/41=b");
      assertThat(observer.nextLeader()).isEqualTo("seen/42=c");
      var unusedLeases =
          LeaseGrpc.newBlockingStub(cluster.channel(0))
              .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(0x42).build());
      assertThat(third.get(60, TimeUnit.SECONDS).getLeader().getKey()).isEqualTo(utf8("seen/42"));
      campaign(0, "seen", 0x43, "d").get(60, TimeUnit.SECONDS);
      assertThat(observer.nextLeader()).isEqualTo("seen/43=d");
    }
    try (Observer late = new Observer("seen", 2)) {
      assertThat(late.nextLeader()).isEqualTo("seen/43=d");
    }
  }

  @Test
  void observerOfAStoppedMemberIsToldSo(@TempDir Path directory) throws Exception {
    try (TestCluster one = TestCluster.start(directory, 1)) {
      Observer observer = new Observer(one, "stop", 0);
      var unused = ElectionGrpc.newBlockingStub(one.channel(0)).campaign(request("stop", 0, "a"));
      assertThat(observer.nextLeader()).startsWith("stop/");
      one.stop(0);
      assertThat(observer.end.get(60, TimeUnit.SECONDS).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  private ElectionGrpc.ElectionBlockingStub stub(int member) {
    return ElectionGrpc.newBlockingStub(cluster.channel(member))
        .withWaitForReady()
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static CampaignRequest request(String name, long lease, String value) {
    return CampaignRequest.newBuilder()
        .setName(utf8(name))
        .setLease(lease)
        .setValue(utf8(value))
        .build();
  }

  /** Campaigns under a lease that is granted first, if need be. */
  private ListenableFuture<CampaignResponse> campaign(
      int member, String name, long lease, String value) {
    if (lease != 0) {
      try {
        var unused =
            LeaseGrpc.newBlockingStub(cluster.channel(member))
                .withWaitForReady()
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(lease).setTTL(600).build());
      } catch (StatusRuntimeException e) {
        assertThat(e).hasMessageContaining("lease already exists");
      }
    }
    return ElectionGrpc.newFutureStub(cluster.channel(member))
        .withWaitForReady()
        .campaign(request(name, lease, value));
  }

  private LeaderResponse leader(int member, String name) {
    return stub(member).leader(LeaderRequest.newBuilder().setName(utf8(name)).build());
  }

  private ProclaimResponse proclaim(int member, LeaderKey leader, String value) {
    return stub(member)
        .proclaim(ProclaimRequest.newBuilder().setLeader(leader).setValue(utf8(value)).build());
  }

  private void resign(int member, LeaderKey leader) {
    ResignResponse response =
        stub(member).resign(ResignRequest.newBuilder().setLeader(leader).build());
    assertThat(response.getHeader().getRevision()).isPositive();
  }

  private void awaitCandidates(String name, int count) {
    RangeRequest candidates =
        RangeRequest.newBuilder().setKey(utf8(name + "/")).setRangeEnd(utf8(name + "0")).build();
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> cluster.kv(0).range(candidates).getCount() == count);
  }

  private static void assertUnknown(String text, Runnable request) {
    assertThatThrownBy(request::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
              assertThat(e.getStatus().getDescription()).isEqualTo(text);
            });
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /** A client that is told who leads. */
  private final class Observer extends Responses<LeaderResponse>
      implements ClientResponseObserver<LeaderRequest, LeaderResponse>, AutoCloseable {
    private @Nullable ClientCallStreamObserver<LeaderRequest> requests;

    Observer(String name, int member) {
      this(cluster, name, member);
    }

    Observer(TestCluster of, String name, int member) {
      ElectionGrpc.newStub(of.channel(member))
          .withWaitForReady()
          .observe(LeaderRequest.newBuilder().setName(utf8(name)).build(), this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<LeaderRequest> stream) {
      requests = stream;
    }

    String nextLeader() throws InterruptedException {
      LeaderResponse leader = next();
      assertThat(leader.getHeader().getRevision())
          .isGreaterThanOrEqualTo(leader.getKv().getModRevision());
      return leader.getKv().getKey().toStringUtf8()
          + "="
          + leader.getKv().getValue().toStringUtf8();
    }

    @Override
    public void close() {
      Objects.requireNonNull(requests).cancel("the test is over", null);
    }
  }
}
