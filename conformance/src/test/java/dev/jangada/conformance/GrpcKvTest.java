package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.Compare;
import dev.jangada.etcd.api.etcdserverpb.Compare.CompareResult;
import dev.jangada.etcd.api.etcdserverpb.Compare.CompareTarget;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest.SortOrder;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What jetcd has no option for when it reads and writes. */
@Timeout(300)
class GrpcKvTest {

  private static final String NO_KEY = "etcdserver: key is not provided";
  private static final String KEY_NOT_FOUND = "etcdserver: key not found";

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private KVGrpc.KVBlockingStub kv;

  @SuppressWarnings("NullAway.Init") // set before each test
  GrpcKvTest() {}

  @BeforeEach
  void connect() {
    kv = kv(0);
  }

  @Test
  void ignoreValueKeepsTheValueAndIgnoreLeaseTheLease() {
    long lease = grant();
    kv.put(put("a", "kept").toBuilder().setLease(lease).build());

    kv.put(put("a", "").toBuilder().setIgnoreValue(true).build());
    assertThat(get("a").getKvs(0).getValue()).isEqualTo(utf8("kept"));
    assertThat(get("a").getKvs(0).getLease()).isZero();
    assertThat(get("a").getKvs(0).getVersion()).isEqualTo(2);

    kv.put(put("a", "kept").toBuilder().setLease(lease).build());
    kv.put(put("a", "new").toBuilder().setIgnoreLease(true).build());
    assertThat(get("a").getKvs(0).getValue()).isEqualTo(utf8("new"));
    assertThat(get("a").getKvs(0).getLease()).isEqualTo(lease);
  }

  @Test
  void ignoreValueAndIgnoreLeaseNeedAKeyThatIsThere() {
    assertInvalid(
        () -> kv.put(put("a", "").toBuilder().setIgnoreValue(true).build()), KEY_NOT_FOUND);
    assertInvalid(
        () -> kv.put(put("a", "1").toBuilder().setIgnoreLease(true).build()), KEY_NOT_FOUND);
  }

  @Test
  void ignoreValueWithAValueAndIgnoreLeaseWithALeaseAreRefused() {
    assertInvalid(
        () -> kv.put(put("a", "1").toBuilder().setIgnoreValue(true).build()),
        "etcdserver: value is provided");
    assertInvalid(
        () -> kv.put(put("a", "1").toBuilder().setIgnoreLease(true).setLease(7).build()),
        "etcdserver: lease is provided");
  }

  @Test
  void keyIsNeededInEveryRequest() {
    assertInvalid(() -> kv.range(RangeRequest.getDefaultInstance()), NO_KEY);
    assertInvalid(() -> kv.range(RangeRequest.newBuilder().setRangeEnd(utf8("z")).build()), NO_KEY);
    assertInvalid(() -> kv.deleteRange(DeleteRangeRequest.getDefaultInstance()), NO_KEY);
    assertInvalid(() -> kv.put(PutRequest.newBuilder().setValue(utf8("1")).build()), NO_KEY);
    assertInvalid(
        () -> kv.txn(TxnRequest.newBuilder().addCompare(Compare.getDefaultInstance()).build()),
        NO_KEY);
  }

  @Test
  void emptyOperationInATransactionIsRefused() {
    assertInvalid(
        () -> kv.txn(TxnRequest.newBuilder().addSuccess(RequestOp.getDefaultInstance()).build()),
        KEY_NOT_FOUND);
  }

  @Test
  void leaseIsCompared() {
    long lease = grant();
    kv.put(put("a", "1").toBuilder().setLease(lease).build());

    assertThat(holds(compare("a", CompareTarget.LEASE).setLease(lease))).isTrue();
    assertThat(holds(compare("a", CompareTarget.LEASE).setLease(lease + 1))).isFalse();
    assertThat(holds(compare("nothing", CompareTarget.LEASE).setLease(0))).isTrue();
  }

  @Test
  void comparisonOfARangeMustHoldForEveryKeyOfIt() {
    kv.put(put("r/1", "x"));
    kv.put(put("r/2", "x"));
    ByteString end = key("r0");

    assertThat(holds(compare("r/", CompareTarget.VALUE).setRangeEnd(end).setValue(utf8("x"))))
        .isTrue();
    kv.put(put("r/2", "y"));
    assertThat(holds(compare("r/", CompareTarget.VALUE).setRangeEnd(end).setValue(utf8("x"))))
        .isFalse();
    assertThat(
            holds(
                compare("r/", CompareTarget.CREATE)
                    .setRangeEnd(end)
                    .setResult(CompareResult.GREATER)
                    .setCreateRevision(0)))
        .isTrue();
  }

  @Test
  void headerNamesTheMemberThatAnswersAndTheSameClusterEverywhere() {
    RangeResponse first = kv(0).range(range("a"));
    RangeResponse second = kv(1).range(range("a"));

    assertThat(second.getHeader().getClusterId()).isEqualTo(first.getHeader().getClusterId());
    assertThat(second.getHeader().getMemberId()).isNotEqualTo(first.getHeader().getMemberId());
  }

  @Test
  @DiffersInEtcd34("the server crashes; etcd 3.6 answers as Jangada does")
  void unknownSortTargetIsRefused() {
    assertInvalid(
        () ->
            kv.range(
                range("a").toBuilder()
                    .setSortTargetValue(9)
                    .setSortOrder(SortOrder.ASCEND)
                    .build()),
        "etcdserver: invalid sort option");
  }

  @Test
  @DiffersInEtcd34(
      "the member that was asked refuses it and the others apply its put, so members differ for"
          + " good")
  void transactionWithAReadThatFailsWritesNothingOnAnyMember() {
    long now = kv.put(put("a", "1")).getHeader().getRevision();
    TxnRequest txn =
        TxnRequest.newBuilder()
            .addSuccess(RequestOp.newBuilder().setRequestPut(put("f", "1")))
            .addSuccess(
                RequestOp.newBuilder()
                    .setRequestRange(range("a").toBuilder().setRevision(now + 1_000_000)))
            .build();

    assertRefused(
        () -> kv.txn(txn),
        Status.Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision");
    for (int member = 0; member < etcd.endpoints().size(); member++) {
      assertThat(kv(member).range(range("f")).getCount()).as("at member %d", member).isZero();
    }
  }

  @Test
  @DiffersInEtcd34("compares with what the member that was asked has, which may be stale")
  void transactionOfComparisonsOnlySeesEveryWrite() {
    for (int i = 1; i <= 60; i++) {
      kv(i % 3).put(put("a", "1"));

      boolean seen =
          kv((i + 1) % 3)
              .txn(
                  TxnRequest.newBuilder()
                      .addCompare(compare("a", CompareTarget.VERSION).setVersion(i))
                      .build())
              .getSucceeded();

      assertThat(seen).as("write %d", i).isTrue();
    }
  }

  private KVGrpc.KVBlockingStub kv(int member) {
    return KVGrpc.newBlockingStub(etcd.channel(member)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private boolean holds(Compare.Builder comparison) {
    return kv.txn(
            TxnRequest.newBuilder()
                .addCompare(comparison)
                .addSuccess(RequestOp.newBuilder().setRequestRange(range("a")))
                .build())
        .getSucceeded();
  }

  private Compare.Builder compare(String name, CompareTarget target) {
    return Compare.newBuilder().setKey(key(name)).setTarget(target);
  }

  private long grant() {
    return LeaseGrpc.newBlockingStub(etcd.channel(0))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(3600).build())
        .getID();
  }

  private RangeResponse get(String name) {
    return kv.range(range(name));
  }

  private static RangeRequest range(String name) {
    return RangeRequest.newBuilder().setKey(key(name)).build();
  }

  private static PutRequest put(String name, String value) {
    return PutRequest.newBuilder().setKey(key(name)).setValue(utf8(value)).build();
  }

  private static ByteString key(String name) {
    return utf8(etcd.prefix() + name);
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static void assertInvalid(Supplier<?> call, String message) {
    assertRefused(call, Status.Code.INVALID_ARGUMENT, message);
  }
}
