package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseLeasesRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseStatus;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.lease.Leases;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leases over real sockets. The tests share a cluster, and use ids and keys of their own. */
class LeaseServiceTest extends ClusterTest {

  @Test
  void grantChoosesAnIdAndRaisesAShortTimeToLive() {
    LeaseGrantResponse zero = grant(0, 0, 0);
    LeaseGrantResponse negative = grant(1, 0, -5);
    LeaseGrantResponse wished = grant(2, -77, 100);

    assertThat(zero.getID()).isPositive();
    assertThat(negative.getID()).isPositive().isNotEqualTo(zero.getID());
    // One and a half times the two seconds that this cluster waits for a leader.
    assertThat(zero.getTTL()).isEqualTo(3);
    assertThat(negative.getTTL()).isEqualTo(3);
    assertThat(wished.getID()).isEqualTo(-77);
    assertThat(wished.getTTL()).isEqualTo(100);
    assertThat(wished.getHeader().getMemberId()).isEqualTo(cluster.server(2).memberId());
    assertThat(wished.getHeader().getRevision()).isPositive();
    assertThat(wished.getError()).isEmpty();
  }

  @Test
  void leastTimeToLiveIsOneAndAHalfElectionTimeouts() {
    assertThat(new Leases(Duration.ofMillis(500)).grant(1, 1).ttlSeconds()).isEqualTo(2);
    assertThat(new Leases(Duration.ofSeconds(2)).grant(1, 1).ttlSeconds()).isEqualTo(3);
    assertThat(new Leases(Duration.ofMillis(2_001)).grant(1, 1).ttlSeconds()).isEqualTo(4);
  }

  @Test
  void refusalsHaveTheCodesAndTextsOfEtcd() {
    var unused = grant(0, 100, 60);
    assertRefused(EtcdError.LEASE_EXISTS, () -> grant(1, 100, 60));
    assertRefused(EtcdError.LEASE_TTL_TOO_LARGE, () -> grant(1, 101, 9_000_000_001L));
    assertThat(grant(1, 102, 9_000_000_000L).getTTL()).isEqualTo(9_000_000_000L);
    assertRefused(EtcdError.LEASE_NOT_FOUND, () -> revoke(0, 103));
    assertRefused(EtcdError.LEASE_NOT_FOUND, () -> revoke(0, 0));
    assertRefused(EtcdError.LEASE_NOT_FOUND, () -> put(0, "unknown", 103));
    assertRefused(
        EtcdError.LEASE_NOT_FOUND,
        () -> {
          var ignored =
              cluster
                  .kv(0)
                  .txn(
                      TxnRequest.newBuilder()
                          .addSuccess(
                              RequestOp.newBuilder().setRequestPut(putRequest("unknown", 103)))
                          .build());
        });
  }

  @Test
  void timeToLiveIsToldByEveryMemberWithTheKeys() {
    var unused = grant(0, 200, 600);
    put(0, "ttl/b", 200);
    put(1, "ttl/a", 200);
    for (int member = 0; member < 3; member++) {
      LeaseTimeToLiveResponse lease = timeToLive(member, 200, true);
      assertThat(lease.getID()).isEqualTo(200);
      assertThat(lease.getGrantedTTL()).isEqualTo(600);
      assertThat(lease.getTTL()).isBetween(500L, 600L);
      assertThat(lease.getKeysList()).containsExactly(utf8("ttl/a"), utf8("ttl/b"));
      assertThat(timeToLive(member, 200, false).getKeysList()).isEmpty();

      LeaseTimeToLiveResponse none = timeToLive(member, 201, true);
      assertThat(none.getTTL()).isEqualTo(-1);
      assertThat(none.getGrantedTTL()).isZero();
      assertThat(none.getHeader().getRevision()).isPositive();

      assertThat(stub(member).leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList())
          .extracting(LeaseStatus::getID)
          .contains(200L);
    }
  }

  @Test
  void revokeDeletesTheKeysInOneRevision() {
    var unused = grant(0, 300, 60);
    put(0, "revoke/a", 300);
    long last = put(0, "revoke/b", 300);

    LeaseRevokeResponse revoked = revoke(1, 300);

    assertThat(revoked.getHeader().getRevision()).isEqualTo(last + 1);
    assertThat(exists("revoke/a")).isFalse();
    assertThat(exists("revoke/b")).isFalse();
    assertThat(timeToLive(2, 300, false).getTTL()).isEqualTo(-1);
  }

  @Test
  void leaseThatIsNotKeptAliveEndsAndNotEarly() {
    long from = System.nanoTime();
    var unused = grant(0, 400, 6);
    put(1, "expire", 400);

    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> !exists("expire"));

    Duration lasted = Duration.ofNanos(System.nanoTime() - from);
    assertThat(lasted).isGreaterThanOrEqualTo(Duration.ofSeconds(6));
    assertThat(timeToLive(0, 400, false).getTTL()).isEqualTo(-1);
  }

  @Test
  void leaseIsKeptAliveThroughAnyMember() throws Exception {
    int ttl = 60;
    var unused = grant(0, 500, ttl);
    for (int member = 0; member < 3; member++) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> timeToLive(0, 500, false).getTTL(), left -> left < ttl - 1);
      try (Stream stream = new Stream(member)) {
        long from = System.nanoTime();
        stream.send(500);
        LeaseKeepAliveResponse response = stream.next();
        assertThat(response.getTTL()).isEqualTo(ttl);
        assertThat(response.getHeader().getMemberId()).isEqualTo(cluster.server(member).memberId());
        long left = timeToLive(0, 500, false).getTTL();
        // Told in whole seconds: what has begun of one is gone.
        long elapsedSeconds = Duration.ofNanos(System.nanoTime() - from).toSeconds() + 1;
        assertThat(left).isBetween(ttl - elapsedSeconds, (long) ttl);
      }
    }
  }

  @Test
  void unknownLeaseIsToldByATimeToLiveOfZeroAndTheStreamGoesOn() throws Exception {
    var unused = grant(0, 600, 60);
    try (Stream stream = new Stream(1)) {
      stream.send(601);
      stream.send(600);
      LeaseKeepAliveResponse unknown = stream.next();
      assertThat(unknown.getID()).isEqualTo(601);
      assertThat(unknown.getTTL()).isZero();
      assertThat(unknown.getHeader().getRevision()).isPositive();
      assertThat(stream.next().getTTL()).isEqualTo(60);
    }
  }

  @Test
  void manyRequestsAreAnsweredInOrderAlsoThoseBeforeTheClientIsDone() throws Exception {
    List<Long> ids = new ArrayList<>();
    for (long id = 700; id < 720; id++) {
      ids.add(grant(0, id, 60).getID());
    }
    try (Stream stream = new Stream(0)) {
      for (int round = 0; round < 20; round++) {
        ids.forEach(stream::send);
      }
      stream.requests.onCompleted();
      for (int round = 0; round < 20; round++) {
        for (long id : ids) {
          assertThat(stream.next().getID()).isEqualTo(id);
        }
      }
      assertThat(stream.end.get(60, TimeUnit.SECONDS).isOk()).isTrue();
    }
  }

  @Test
  void leaseOutlivesTheLeaderAndEndsUnderTheNextOne(@TempDir Path directory) throws Exception {
    try (TestCluster other = TestCluster.start(directory, 3)) {
      int leader = other.leaderSeenBy(0);
      int follower = (leader + 1) % 3;
      long from = System.nanoTime();
      var unused = LeaseGrpc.newBlockingStub(other.channel(leader)).leaseGrant(grantRequest(7, 8));
      var unusedPut = other.kv(leader).put(putRequest("k", 7));

      other.stop(leader);

      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(100))
          .ignoreExceptionsMatching(StatusRuntimeException.class::isInstance)
          .until(() ->
              other
                      .kv(follower)
                      .range(RangeRequest.newBuilder().setKey(utf8("k")).build())
                      .getCount()
                  == 0);
      Duration lasted = Duration.ofNanos(System.nanoTime() - from);
      assertThat(lasted).isGreaterThanOrEqualTo(Duration.ofSeconds(8));
    }
  }

  private LeaseGrpc.LeaseBlockingStub stub(int member) {
    return LeaseGrpc.newBlockingStub(cluster.channel(member))
        .withWaitForReady()
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static LeaseGrantRequest grantRequest(long id, long ttl) {
    return LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build();
  }

  private LeaseGrantResponse grant(int member, long id, long ttl) {
    return stub(member).leaseGrant(grantRequest(id, ttl));
  }

  private LeaseRevokeResponse revoke(int member, long id) {
    return stub(member).leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
  }

  private LeaseTimeToLiveResponse timeToLive(int member, long id, boolean keys) {
    return stub(member)
        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(keys).build());
  }

  private static PutRequest putRequest(String key, long lease) {
    return PutRequest.newBuilder().setKey(utf8(key)).setLease(lease).build();
  }

  private long put(int member, String key, long lease) {
    return cluster.kv(member).put(putRequest(key, lease)).getHeader().getRevision();
  }

  private boolean exists(String key) {
    return cluster.kv(0).range(RangeRequest.newBuilder().setKey(utf8(key)).build()).getCount() > 0;
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static void assertRefused(EtcdError error, Runnable request) {
    assertThatThrownBy(request::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(error.status().getCode());
              assertThat(e.getStatus().getDescription()).isEqualTo(error.text());
            });
  }

  /** A client's stream of requests to keep leases alive. */
  private final class Stream extends Responses<LeaseKeepAliveResponse> implements AutoCloseable {
    private final StreamObserver<LeaseKeepAliveRequest> requests;

    @SuppressWarnings("this-escape")
    Stream(int member) {
      requests = LeaseGrpc.newStub(cluster.channel(member)).withWaitForReady().leaseKeepAlive(this);
    }

    void send(long id) {
      requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
    }

    @Override
    public void close() {
      if (!end.isDone()) {
        requests.onError(Status.CANCELLED.asRuntimeException());
      }
    }
  }
}
