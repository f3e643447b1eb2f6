package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.Compare;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeResponse;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVResponse;
import dev.jangada.etcd.api.etcdserverpb.HashRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MoveLeaderRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.etcdserverpb.TxnResponse;
import dev.jangada.server.call.EtcdError;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What clients see of a cluster that is well. The tests share one, and use keys of their own. */
class JangadaServerTest extends ClusterTest {

  @Test
  void writeOnAnyMemberIsSeenAtOnceByALinearizableReadOnEveryMember() {
    for (int writer = 0; writer < 3; writer++) {
      PutResponse put = cluster.kv(writer).put(put("seen", "by-" + writer));
      for (int reader = 0; reader < 3; reader++) {
        RangeResponse read = cluster.kv(reader).range(get("seen"));

        assertThat(read.getKvs(0).getValue()).isEqualTo(utf8("by-" + writer));
        assertThat(read.getKvs(0).getModRevision()).isEqualTo(put.getHeader().getRevision());
        assertThat(read.getKvs(0).getVersion()).isEqualTo(writer + 1);
      }
    }
  }

  @Test
  void headerNamesClusterMemberTermAndRevision() {
    long revision = cluster.kv(0).put(put("header", "1")).getHeader().getRevision();
    Set<Long> memberIds = new HashSet<>();
    Set<Long> clusterIds = new HashSet<>();
    for (int member = 0; member < 3; member++) {
      ResponseHeader header = cluster.kv(member).range(get("header")).getHeader();
      memberIds.add(header.getMemberId());
      clusterIds.add(header.getClusterId());

      assertThat(header.getMemberId()).isEqualTo(cluster.server(member).memberId());
      assertThat(header.getRevision()).isGreaterThanOrEqualTo(revision);
      assertThat(header.getRaftTerm()).isPositive();
    }

    assertThat(memberIds).hasSize(3);
    assertThat(clusterIds).hasSize(1).doesNotContain(0L);
  }

  @Test
  void rangesTransactionsAndDeletesWorkThroughEveryMember() {
    for (int member = 0; member < 3; member++) {
      String prefix = "all-" + member + "/";
      TxnResponse created =
          cluster
              .kv(member)
              .txn(
                  TxnRequest.newBuilder()
                      .addCompare(
                          Compare.newBuilder()
                              .setKey(utf8(prefix + "a"))
                              .setTarget(Compare.CompareTarget.CREATE)
                              .setCreateRevision(0))
                      .addSuccess(op(put(prefix + "a", "1")))
                      .addSuccess(op(put(prefix + "b", "2")))
                      .addSuccess(op(prefix(prefix)))
                      .build());

      assertThat(created.getSucceeded()).isTrue();
      assertThat(created.getResponses(2).getResponseRange().getCount()).isEqualTo(2);
      assertThat(created.getResponses(0).getResponsePut().getHeader().getMemberId()).isZero();

      RangeResponse range =
          cluster.kv(member).range(prefix(prefix).toBuilder().setLimit(1).build());
      assertThat(range.getKvsList())
          .extracting(kv -> kv.getKey().toStringUtf8())
          .containsExactly(prefix + "a");
      assertThat(range.getMore()).isTrue();
      assertThat(range.getCount()).isEqualTo(2);

      DeleteRangeResponse deleted =
          cluster
              .kv(member)
              .deleteRange(
                  DeleteRangeRequest.newBuilder()
                      .setKey(utf8(prefix))
                      .setRangeEnd(utf8("all-" + member + "0"))
                      .setPrevKv(true)
                      .build());
      assertThat(deleted.getDeleted()).isEqualTo(2);
      assertThat(deleted.getPrevKvs(1).getValue()).isEqualTo(utf8("2"));
      assertThat(deleted.getHeader().getRevision())
          .isEqualTo(created.getHeader().getRevision() + 1);
    }
  }

  @Test
  void serializableReadIsServedByEveryMember() {
    long revision = cluster.kv(0).put(put("serializable", "1")).getHeader().getRevision();
    for (int member = 0; member < 3; member++) {
      // Having answered this, the member has applied the put.
      cluster.kv(member).range(get("serializable"));
      RangeRequest local = get("serializable").toBuilder().setSerializable(true).build();

      assertThat(cluster.kv(member).range(local).getKvs(0).getModRevision()).isEqualTo(revision);
      RangeRequest localRange = prefix("serializable").toBuilder().setSerializable(true).build();
      assertThat(cluster.kv(member).range(localRange).getCount()).isEqualTo(1);
    }
  }

  @Test
  void transactionThatOnlyReadsTakesNoRoomInTheLog() {
    int leader = cluster.leaderSeenBy(0);
    cluster.kv(leader).put(put("read-only", "1"));
    long before = status(leader).getRaftIndex();

    TxnRequest transaction =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setKey(utf8("read-only"))
                    .setTarget(Compare.CompareTarget.VALUE)
                    .setValue(utf8("1")))
            .addSuccess(op(get("read-only")))
            .build();
    int times = 50;
    for (int i = 0; i < times; i++) {
      TxnResponse read = cluster.kv(leader).txn(transaction);

      assertThat(read.getSucceeded()).isTrue();
      assertThat(read.getResponses(0).getResponseRange().getKvs(0).getValue()).isEqualTo(utf8("1"));
    }

    // Members that have just started may tell of themselves meanwhile.
    assertThat(status(leader).getRaftIndex() - before).isLessThan(times);
  }

  @Test
  void compactionIsAnsweredWithTheRevisionThatIsCurrent() {
    long first = cluster.kv(0).put(put("compacted", "1")).getHeader().getRevision();
    long second = cluster.kv(0).put(put("compacted", "2")).getHeader().getRevision();

    assertThat(
            cluster
                .kv(0)
                .compact(CompactionRequest.newBuilder().setRevision(first).build())
                .getHeader()
                .getRevision())
        .isEqualTo(second);
  }

  @Test
  void refusalsHaveEtcdsCodesAndTexts() {
    PutRequest noKey = PutRequest.newBuilder().setValue(utf8("v")).build();
    assertRefused(EtcdError.EMPTY_KEY, () -> cluster.kv(0).put(noKey));
    assertRefused(
        EtcdError.EMPTY_KEY, () -> cluster.kv(0).range(RangeRequest.getDefaultInstance()));
    assertRefused(
        EtcdError.VALUE_PROVIDED,
        () -> cluster.kv(0).put(put("k", "v").toBuilder().setIgnoreValue(true).build()));
    assertRefused(
        EtcdError.LEASE_PROVIDED,
        () ->
            cluster.kv(0).put(put("k", "v").toBuilder().setIgnoreLease(true).setLease(1).build()));
    assertRefused(
        EtcdError.KEY_NOT_FOUND,
        () -> cluster.kv(1).put(put("absent", "").toBuilder().setIgnoreValue(true).build()));
    assertRefused(
        EtcdError.LEASE_NOT_FOUND,
        () -> cluster.kv(1).put(put("k", "v").toBuilder().setLease(12).build()));
    TxnRequest twice =
        TxnRequest.newBuilder()
            .addSuccess(op(put("twice", "1")))
            .addSuccess(op(put("twice", "2")))
            .build();
    assertRefused(EtcdError.DUPLICATE_KEY, () -> cluster.kv(2).txn(twice));
    TxnRequest.Builder many = TxnRequest.newBuilder();
    for (int i = 0; i < 129; i++) {
      many.addFailure(op(get("k" + i)));
    }
    assertRefused(EtcdError.TOO_MANY_OPERATIONS, () -> cluster.kv(2).txn(many.build()));
    assertRefused(
        EtcdError.INVALID_SORT_OPTION,
        () -> cluster.kv(0).range(get("k").toBuilder().setSortOrderValue(7).build()));
    assertRefused(
        EtcdError.FUTURE_REVISION,
        () -> cluster.kv(0).range(get("k").toBuilder().setRevision(1L << 40).build()));
    assertRefused(
        EtcdError.FUTURE_REVISION,
        () -> cluster.kv(0).compact(CompactionRequest.newBuilder().setRevision(1L << 40).build()));
    assertRefused(
        EtcdError.FUTURE_REVISION,
        () ->
            cluster
                .maintenance(0)
                .hashKV(HashKVRequest.newBuilder().setRevision(1L << 40).build()));
    assertRefused(
        EtcdError.COMPACTED, () -> cluster.kv(0).compact(CompactionRequest.getDefaultInstance()));
  }

  @Test
  void failedTransactionWritesNothing() {
    TxnRequest request =
        TxnRequest.newBuilder()
            .addSuccess(op(put("all-or-nothing", "1")))
            .addSuccess(op(get("k").toBuilder().setRevision(1L << 40).build()))
            .build();

    assertRefused(EtcdError.FUTURE_REVISION, () -> cluster.kv(0).txn(request));

    for (int member = 0; member < 3; member++) {
      assertThat(cluster.kv(member).range(get("all-or-nothing")).getCount()).isZero();
    }
  }

  @Test
  void requestsBeyondTheLimitsAreRefusedAndTheConnectionGoesOn() {
    ByteString fits = ByteString.copyFrom(new byte[(1536 << 10) - 100]);
    ByteString tooLarge = ByteString.copyFrom(new byte[1536 << 10]);
    ByteString farTooLarge = ByteString.copyFrom(new byte[(2 << 20) + 1]);
    PutRequest put = put("large", "");

    cluster.kv(0).put(put.toBuilder().setValue(fits).build());
    assertThat(cluster.kv(1).range(get("large")).getKvs(0).getValue()).isEqualTo(fits);
    assertRefused(
        EtcdError.REQUEST_TOO_LARGE,
        () -> cluster.kv(0).put(put.toBuilder().setValue(tooLarge).build()));
    assertThatThrownBy(() -> cluster.kv(0).put(put.toBuilder().setValue(farTooLarge).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    assertThat(cluster.kv(0).range(get("large")).getKvs(0).getValue()).isEqualTo(fits);
  }

  @Test
  void hashIsTheSameOnEveryMember() {
    long revision = cluster.kv(0).put(put("hashed", "1")).getHeader().getRevision();
    Set<HashKVResponse> hashes = new HashSet<>();
    for (int member = 0; member < 3; member++) {
      cluster.kv(member).range(get("hashed"));
      HashKVResponse hash =
          cluster
              .maintenance(member)
              .hashKV(HashKVRequest.newBuilder().setRevision(revision).build());
      hashes.add(hash.toBuilder().clearHeader().build());

      assertThat(hash.getHashRevision()).isEqualTo(revision);
      assertThat(cluster.maintenance(member).hash(HashRequest.getDefaultInstance()).getHash())
          .isNotZero();
    }

    assertThat(hashes).hasSize(1);
  }

  @Test
  void statusTellsOfLogAndLeader() {
    cluster.kv(0).put(put("status", "1"));
    long leader = cluster.server(cluster.leaderSeenBy(0)).memberId();
    for (int member = 0; member < 3; member++) {
      // Another test may just have changed the leader; whoever has answered this knows the new one.
      cluster.kv(member).range(get("status"));
      StatusResponse status = status(member);

      assertThat(status.getLeader()).isEqualTo(leader);
      assertThat(status.getVersion()).matches("3\\.\\d+\\.\\d+");
      assertThat(status.getRaftTerm()).isPositive();
      assertThat(status.getRaftIndex()).isPositive();
      assertThat(status.getRaftAppliedIndex())
          .isPositive()
          .isLessThanOrEqualTo(status.getRaftIndex());
      assertThat(status.getDbSize()).isPositive();
      assertThat(status.getIsLearner()).isFalse();
      assertThat(status.getErrorsList()).isEmpty();
    }
  }

  @Test
  void everyMemberListsAllMembersAndWhereClientsReachThem() {
    for (int asked = 0; asked < 3; asked++) {
      List<Member> members = cluster.awaitPublishedMembers(asked);

      assertThat(members).extracting(Member::getName).containsExactly("n1", "n2", "n3");
      for (int member = 0; member < 3; member++) {
        assertThat(members.get(member).getID()).isEqualTo(cluster.server(member).memberId());
        assertThat(members.get(member).getPeerURLsList())
            .containsExactly(cluster.config(member).listenPeerUrl().toString());
        assertThat(members.get(member).getClientURLsList())
            .containsExactly(cluster.config(member).listenClientUrls().get(0).toString());
      }
    }
  }

  @Test
  void leadershipIsHandedOverOnRequestOfTheLeaderOnly() {
    int leader = cluster.leaderSeenBy(0);
    int follower = (leader + 1) % 3;
    long target = cluster.server(follower).memberId();

    assertRefused(
        EtcdError.NOT_LEADER,
        () ->
            cluster
                .maintenance(follower)
                .moveLeader(MoveLeaderRequest.newBuilder().setTargetID(target).build()));
    assertRefused(
        EtcdError.BAD_TRANSFEREE,
        () ->
            cluster
                .maintenance(leader)
                .moveLeader(MoveLeaderRequest.newBuilder().setTargetID(1).build()));

    var unused =
        cluster
            .maintenance(leader)
            .moveLeader(MoveLeaderRequest.newBuilder().setTargetID(target).build());

    assertThat(status(leader).getLeader()).isEqualTo(target);
  }

  @Test
  void serviceThatIsNotThereIsUnimplemented() {
    assertThatThrownBy(() ->
            ClientCalls.blockingUnaryCall(
                cluster.channel(0),
                KVGrpc.getRangeMethod().toBuilder()
                    .setFullMethodName("etcdserverpb.Kv/Get")
                    .build(),
                CallOptions.DEFAULT,
                RangeRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));
  }

  private StatusResponse status(int member) {
    return cluster.maintenance(member).status(StatusRequest.getDefaultInstance());
  }

  private static void assertRefused(EtcdError error, Runnable request) {
    assertThatThrownBy(request::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getDescription()).isEqualTo(error.text());
              assertThat(e.getStatus().getCode()).isEqualTo(error.status().getCode());
            });
  }

  private static PutRequest put(String key, String value) {
    return PutRequest.newBuilder().setKey(utf8(key)).setValue(utf8(value)).build();
  }

  private static RangeRequest get(String key) {
    return RangeRequest.newBuilder().setKey(utf8(key)).build();
  }

  /** For prefixes whose last character has a successor. */
  private static RangeRequest prefix(String prefix) {
    char successor = (char) (prefix.charAt(prefix.length() - 1) + 1);
    return RangeRequest.newBuilder()
        .setKey(utf8(prefix))
        .setRangeEnd(utf8(prefix.substring(0, prefix.length() - 1) + successor))
        .build();
  }

  private static RequestOp op(PutRequest put) {
    return RequestOp.newBuilder().setRequestPut(put).build();
  }

  private static RequestOp op(RangeRequest range) {
    return RequestOp.newBuilder().setRequestRange(range).build();
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
