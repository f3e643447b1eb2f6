package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.HashRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseLeasesRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseStatus;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.v3electionpb.CampaignRequest;
import dev.jangada.etcd.api.v3electionpb.ElectionGrpc;
import dev.jangada.etcd.api.v3electionpb.LeaderRequest;
import dev.jangada.etcd.api.v3electionpb.ProclaimRequest;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import dev.jangada.etcd.api.v3lockpb.LockRequest;
import dev.jangada.etcd.api.v3lockpb.LockResponse;
import dev.jangada.etcd.api.v3lockpb.UnlockRequest;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What jetcd has no call for: leases, locks, elections and the rest. */
@Timeout(300)
class GrpcLeaseAndLockTest {

  private static final String LEASE_NOT_FOUND = "etcdserver: requested lease not found";

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  @Test
  void leaseHasTheIdThatItsClientWishes() {
    long id = freeId();

    assertThat(lease(0).leaseGrant(grant(id)).getID()).isEqualTo(id);
    assertThat(lease(0).leaseGrant(grant(-id)).getID()).isEqualTo(-id);
    assertRefused(
        () -> lease(0).leaseGrant(grant(id)),
        Status.Code.FAILED_PRECONDITION,
        "etcdserver: lease already exists");
  }

  @Test
  void leasesAreListedByEveryMember() {
    long id = lease(0).leaseGrant(grant(0)).getID();
    for (int member = 0; member < etcd.endpoints().size(); member++) {
      // So that this member has it.
      var unused = kv(member).range(range("a"));

      assertThat(lease(member).leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList())
          .extracting(LeaseStatus::getID)
          .contains(id);
    }
  }

  @Test
  void unknownLeaseIsNotRevoked() {
    for (long id : new long[] {0, 0x7777}) {
      assertRefused(
          () -> lease(0).leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build()),
          Status.Code.NOT_FOUND,
          LEASE_NOT_FOUND);
    }
  }

  @Test
  void timeToLiveIsAnsweredByEveryMember() {
    long id = lease(0).leaseGrant(grant(0)).getID();
    for (int member = 0; member < etcd.endpoints().size(); member++) {
      assertThat(
              lease(member)
                  .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).build())
                  .getGrantedTTL())
          .isEqualTo(60);
    }
  }

  @Test
  void keepAliveOfManyLeasesOnOneStreamIsAnsweredOneByOneAndOutlivesTheUnknown() throws Exception {
    long first = lease(0).leaseGrant(grant(0)).getID();
    long second = lease(0).leaseGrant(grant(0)).getID();
    BlockingQueue<LeaseKeepAliveResponse> answers = new LinkedBlockingQueue<>();
    StreamObserver<LeaseKeepAliveRequest> requests =
        LeaseGrpc.newStub(etcd.channel(1))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .leaseKeepAlive(
                new StreamObserver<>() {
                  @Override
                  public void onNext(LeaseKeepAliveResponse response) {
                    answers.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    for (long id : new long[] {first, 0x7777, second}) {
      requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
    }

    assertAnswer(answers, first, 60);
    assertAnswer(answers, 0x7777, 0);
    assertAnswer(answers, second, 60);
    requests.onCompleted();
  }

  private static void assertAnswer(BlockingQueue<LeaseKeepAliveResponse> answers, long id, long ttl)
      throws InterruptedException {
    LeaseKeepAliveResponse answer = answers.poll(60, TimeUnit.SECONDS);
    assertThat(answer).isNotNull();
    assertThat(Objects.requireNonNull(answer).getID()).isEqualTo(id);
    assertThat(answer.getTTL()).isEqualTo(ttl);
  }

  @Test
  void waiterForALockThatGivesUpLeavesNoKey() throws Exception {
    var first = lock("l", 0).get(60, TimeUnit.SECONDS);
    ListenableFuture<LockResponse> second = lock("l", 0);
    awaitQueue(2);

    second.cancel(true);

    awaitQueue(1);
    assertThat(
            kv(0).range(range("l/").toBuilder().setRangeEnd(key("l0")).build()).getKvs(0).getKey())
        .isEqualTo(first.getKey());
    unlock(first.getKey());
  }

  @Test
  void lockWithoutALeaseGetsOneOfAMinute() throws Exception {
    ByteString lock = lock("l", 0).get(60, TimeUnit.SECONDS).getKey();

    long lease = kv(0).range(RangeRequest.newBuilder().setKey(lock).build()).getKvs(0).getLease();

    assertThat(
            lease(0)
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
                .getGrantedTTL())
        .isEqualTo(60);
    unlock(lock);
  }

  @Test
  void lockAndCampaignWithAnUnknownLeaseAreRefused() {
    assertRefused(
        () ->
            LockGrpc.newBlockingStub(etcd.channel(0))
                .lock(LockRequest.newBuilder().setName(key("l")).setLease(0x7777).build()),
        Status.Code.UNKNOWN,
        LEASE_NOT_FOUND);
    assertRefused(
        () ->
            ElectionGrpc.newBlockingStub(etcd.channel(0))
                .campaign(CampaignRequest.newBuilder().setName(key("e")).setLease(0x7777).build()),
        Status.Code.UNKNOWN,
        LEASE_NOT_FOUND);
  }

  @Test
  void electionThatNobodyWonHasNoLeader() {
    assertRefused(
        () ->
            ElectionGrpc.newBlockingStub(etcd.channel(0))
                .leader(LeaderRequest.newBuilder().setName(key("e")).build()),
        Status.Code.UNKNOWN,
        "election: no leader");
  }

  @Test
  void proclamationWithoutALeaderIsRefused() {
    assertRefused(
        () ->
            ElectionGrpc.newBlockingStub(etcd.channel(0))
                .proclaim(ProclaimRequest.newBuilder().setValue(key("v")).build()),
        Status.Code.UNKNOWN,
        "\"leader\" field must be provided");
  }

  @Test
  void hashOfEverythingIsAnswered() {
    assertThat(
            MaintenanceGrpc.newBlockingStub(etcd.channel(0))
                .hash(HashRequest.getDefaultInstance())
                .getHash())
        .isNotZero();
  }

  @Test
  void unknownMethodIsUnimplemented() {
    MethodDescriptor<RangeRequest, HashRequest> nothing =
        MethodDescriptor.<RangeRequest, HashRequest>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("etcdserverpb.KV/Nothing")
            .setRequestMarshaller(KVGrpc.getRangeMethod().getRequestMarshaller())
            .setResponseMarshaller(MaintenanceGrpc.getHashMethod().getRequestMarshaller())
            .build();

    // The text is that of the gRPC library.
    assertThatThrownBy(() ->
            ClientCalls.blockingUnaryCall(
                etcd.channel(0), nothing, CallOptions.DEFAULT, range("a")))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refusal ->
                assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));
  }

  private static ListenableFuture<LockResponse> lock(String name, long lease) {
    return LockGrpc.newFutureStub(etcd.channel(0))
        .lock(LockRequest.newBuilder().setName(key(name)).setLease(lease).build());
  }

  /** Else the key would go in the middle of another test, with its lease. */
  private static void unlock(ByteString key) {
    var unused =
        LockGrpc.newBlockingStub(etcd.channel(0))
            .unlock(UnlockRequest.newBuilder().setKey(key).build());
  }

  private static void awaitQueue(long length) {
    RangeRequest queue = range("l/").toBuilder().setRangeEnd(key("l0")).setCountOnly(true).build();
    await().atMost(Duration.ofSeconds(60)).until(() -> kv(0).range(queue).getCount() == length);
  }

  /** One that nobody has, in this run or another. */
  private static long freeId() {
    return ThreadLocalRandom.current().nextLong(1L << 40, 1L << 60);
  }

  private static LeaseGrantRequest grant(long id) {
    return LeaseGrantRequest.newBuilder().setTTL(60).setID(id).build();
  }

  private static LeaseGrpc.LeaseBlockingStub lease(int member) {
    return LeaseGrpc.newBlockingStub(etcd.channel(member)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static KVGrpc.KVBlockingStub kv(int member) {
    return KVGrpc.newBlockingStub(etcd.channel(member)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static RangeRequest range(String name) {
    return RangeRequest.newBuilder().setKey(key(name)).build();
  }

  private static ByteString key(String name) {
    return ByteString.copyFromUtf8(etcd.prefix() + name);
  }
}
