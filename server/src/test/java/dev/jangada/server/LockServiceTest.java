package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import dev.jangada.etcd.api.v3lockpb.LockRequest;
import dev.jangada.etcd.api.v3lockpb.LockResponse;
import dev.jangada.etcd.api.v3lockpb.UnlockRequest;
import dev.jangada.etcd.api.v3lockpb.UnlockResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Locks over real sockets. The tests share a cluster, and use names and leases of their own. */
class LockServiceTest extends ClusterTest {

  @Test
  void lockIsTheKeyOfNameAndLeaseInHexadecimal() throws Exception {
    grant(0xabc);
    LockResponse lock = lock(1, "plain", 0xabc).get(60, TimeUnit.SECONDS);

    assertThat(lock.getKey()).isEqualTo(utf8("plain/abc"));
    RangeResponse key = range("plain/abc");
    assertThat(key.getKvs(0).getLease()).isEqualTo(0xabc);
    assertThat(key.getKvs(0).getValue()).isEmpty();
    assertThat(lock.getHeader().getRevision()).isEqualTo(key.getKvs(0).getCreateRevision());
    assertThat(lock.getHeader().getMemberId()).isEqualTo(cluster.server(1).memberId());
  }

  @Test
  void negativeLeaseIsWrittenWithItsSign() throws Exception {
    grant(-0xab);
    assertThat(lock(0, "negative", -0xab).get(60, TimeUnit.SECONDS).getKey())
        .isEqualTo(utf8("negative/-ab"));
  }

  @Test
  void waitersOnAllMembersGetTheLockInTheOrderInWhichTheyCame() throws Exception {
    List<ListenableFuture<LockResponse>> locks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      grant(0x10 + i);
      locks.add(lock(i % 3, "order", 0x10 + i));
      awaitCount("order/", i + 1);
    }
    for (int i = 0; i < 4; i++) {
      LockResponse held = locks.get(i).get(60, TimeUnit.SECONDS);
      assertThat(held.getKey()).isEqualTo(utf8("order/1" + i));
      if (i < 3) {
        assertThat(locks.get(i + 1).isDone()).isFalse();
      }
      unlock(2, held.getKey());
    }
    assertThat(range("order/", "order0").getCount()).isZero();
  }

  @Test
  void endOfTheHoldersLeaseGivesTheLockToTheNext() throws Exception {
    grant(0x20);
    grant(0x21);
    lock(0, "end", 0x20).get(60, TimeUnit.SECONDS);
    ListenableFuture<LockResponse> waiter = lock(1, "end", 0x21);
    awaitCount("end/", 2);
    assertThat(waiter.isDone()).isFalse();

    revoke(0x20);

    assertThat(waiter.get(60, TimeUnit.SECONDS).getKey()).isEqualTo(utf8("end/21"));
  }

  @Test
  void endOfAnotherWaiterIsNotTakenForTheTurn() throws Exception {
    for (int i = 0; i < 3; i++) {
      grant(0x30 + i);
    }
    ByteString held = lock(0, "middle", 0x30).get(60, TimeUnit.SECONDS).getKey();
    ListenableFuture<LockResponse> second = lock(1, "middle", 0x31);
    awaitCount("middle/", 2);
    ListenableFuture<LockResponse> third = lock(2, "middle", 0x32);
    awaitCount("middle/", 3);

    second.cancel(true);

    // A waiter that goes away leaves no key, and whoever waited for it waits for the one before.
    awaitCount("middle/", 2);
    assertThat(third.isDone()).isFalse();
    unlock(0, held);
    assertThat(third.get(60, TimeUnit.SECONDS).getKey()).isEqualTo(utf8("middle/32"));
  }

  @Test
  void sameLeaseEntersTwiceAndGivingUpTheSecondTimeKeepsTheLock() throws Exception {
    grant(0x40);
    LockResponse first = lock(0, "again", 0x40).get(60, TimeUnit.SECONDS);
    LockResponse second = lock(1, "again", 0x40).get(60, TimeUnit.SECONDS);

    assertThat(second.getKey()).isEqualTo(first.getKey());
    assertThat(range("again/40").getKvs(0).getVersion()).isEqualTo(1);
    for (int i = 0; i < 20; i++) {
      lock(1, "again", 0x40).cancel(true);
    }
    assertThat(lock(2, "again", 0x40).get(60, TimeUnit.SECONDS).getKey()).isEqualTo(first.getKey());
    assertThat(range("again/40").getKvs(0).getCreateRevision())
        .isEqualTo(first.getHeader().getRevision());
  }

  @Test
  void clientWithoutALeaseGetsOneOfAMinuteWhichEndsIfItDoesNotWait() throws Exception {
    LockResponse held = lock(0, "session", 0).get(60, TimeUnit.SECONDS);
    long lease = Long.parseLong(held.getKey().toStringUtf8().substring("session/".length()), 16);
    assertThat(range("session/", "session0").getKvs(0).getLease()).isEqualTo(lease);
    assertThat(grantedTtl(lease)).isEqualTo(60);

    ListenableFuture<LockResponse> waiter = lock(1, "session", 0);
    awaitCount("session/", 2);
    long waiting =
        range("session/", "session0").getKvsList().stream()
            .filter(kv -> kv.getLease() != lease)
            .findFirst()
            .orElseThrow()
            .getLease();
    waiter.cancel(true);

    awaitCount("session/", 1);
    assertThat(grantedTtl(waiting)).isZero();
    assertThat(grantedTtl(lease)).isEqualTo(60);
  }

  @Test
  void waiterWhoseDeadlinePassesLeavesNoKey() throws Exception {
    grant(0x50);
    grant(0x51);
    lock(0, "late", 0x50).get(60, TimeUnit.SECONDS);
    ListenableFuture<LockResponse> waiter =
        LockGrpc.newFutureStub(cluster.channel(0))
            .withDeadlineAfter(500, TimeUnit.MILLISECONDS)
            .lock(lockRequest("late", 0x51));

    assertThat(statusOf(waiter).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    awaitCount("late/", 1);
  }

  /** Before there is a key, after it, or while it is being made: whenever the client goes away. */
  @Test
  void waitersThatGoAwayAtOnceLeaveNoKey() throws Exception {
    int waiters = 20;
    for (int i = 0; i <= waiters; i++) {
      grant(0x500 + i);
    }
    lock(0, "hasty", 0x500).get(60, TimeUnit.SECONDS);
    RangeRequest local = RangeRequest.newBuilder().setKey(utf8("x")).setSerializable(true).build();
    for (int i = 1; i <= waiters; i++) {
      ListenableFuture<LockResponse> call = lock(0, "hasty", 0x500 + i);
      if (i % 2 == 0) {
        // Answered at once, by when the member has the request and probably not yet the key.
        var unused = cluster.kv(0).range(local);
      }
      call.cancel(true);
    }
    awaitCount("hasty/", 1);
    // Nor does one of them come to light later, when all that was under way is done.
    var unused = cluster.kv(0).put(PutRequest.newBuilder().setKey(utf8("after")).build());
    awaitCount("hasty/", 1);
  }

  @Test
  void waiterWhoseOwnLeaseEndsIsToldSo() throws Exception {
    grant(0x60);
    grant(0x61);
    ByteString held = lock(0, "expired", 0x60).get(60, TimeUnit.SECONDS).getKey();
    ListenableFuture<LockResponse> waiter = lock(1, "expired", 0x61);
    awaitCount("expired/", 2);
    revoke(0x61);
    unlock(0, held);

    Status status = statusOf(waiter);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(status.getDescription()).isEqualTo("mutex: session is expired");
  }

  @Test
  void unknownLeaseIsRefusedWithTheCodeThatEtcdsLockHas() {
    Status status = statusOf(lock(0, "unknown", 0x70));
    assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(status.getDescription()).isEqualTo("etcdserver: requested lease not found");
  }

  @Test
  void unlockOfNothingIsNoError() {
    long revision = unlock(0, utf8("nothing/1")).getHeader().getRevision();
    assertThat(revision).isPositive();
    assertThatThrownBy(() -> unlock(0, ByteString.EMPTY))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("etcdserver: key is not provided");
  }

  @Test
  void stoppedMemberTellsThoseWhoWait(@TempDir Path directory) throws Exception {
    try (TestCluster one = TestCluster.start(directory, 1)) {
      var unused = one.kv(0).put(PutRequest.newBuilder().setKey(utf8("stop/1")).build());
      ListenableFuture<LockResponse> waiter =
          LockGrpc.newFutureStub(one.channel(0)).lock(lockRequest("stop", 0));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              one.kv(0)
                      .range(
                          RangeRequest.newBuilder()
                              .setKey(utf8("stop/"))
                              .setRangeEnd(utf8("stop0"))
                              .build())
                      .getCount()
                  == 2);
      one.stop(0);

      Status status = statusOf(waiter);
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  private static Status statusOf(ListenableFuture<?> call) {
    try {
      Object response = call.get(60, TimeUnit.SECONDS);
      throw new AssertionError("answered: " + response);
    } catch (ExecutionException e) {
      return Status.fromThrowable(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static LockRequest lockRequest(String name, long lease) {
    return LockRequest.newBuilder().setName(utf8(name)).setLease(lease).build();
  }

  private ListenableFuture<LockResponse> lock(int member, String name, long lease) {
    return LockGrpc.newFutureStub(cluster.channel(member))
        .withWaitForReady()
        .lock(lockRequest(name, lease));
  }

  private UnlockResponse unlock(int member, ByteString key) {
    return LockGrpc.newBlockingStub(cluster.channel(member))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .unlock(UnlockRequest.newBuilder().setKey(key).build());
  }

  private LeaseGrpc.LeaseBlockingStub leases() {
    return LeaseGrpc.newBlockingStub(cluster.channel(0))
        .withWaitForReady()
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private void grant(long id) {
    var unused = leases().leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(600).build());
  }

  private void revoke(long id) {
    var unused = leases().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
  }

  private long grantedTtl(long id) {
    return leases()
        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).build())
        .getGrantedTTL();
  }

  private RangeResponse range(String key) {
    return cluster.kv(0).range(RangeRequest.newBuilder().setKey(utf8(key)).build());
  }

  private RangeResponse range(String key, String end) {
    return cluster
        .kv(0)
        .range(RangeRequest.newBuilder().setKey(utf8(key)).setRangeEnd(utf8(end)).build());
  }

  private void awaitCount(String prefix, int count) {
    String end = prefix.substring(0, prefix.length() - 1) + "0";
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> range(prefix, end).getCount() == count);
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
