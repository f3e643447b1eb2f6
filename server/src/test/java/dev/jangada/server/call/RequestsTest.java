package dev.jangada.server.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.Compare;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.CompactRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.Test;

class RequestsTest {

  @Test
  void rangeKeepsEveryField() {
    RangeRequest request =
        RangeRequest.newBuilder()
            .setKey(utf8("a"))
            .setRangeEnd(utf8("b"))
            .setLimit(3)
            .setRevision(4)
            .setSortOrder(RangeRequest.SortOrder.DESCEND)
            .setSortTarget(RangeRequest.SortTarget.MOD)
            .setSerializable(true)
            .setKeysOnly(true)
            .setCountOnly(true)
            .setMinModRevision(5)
            .setMaxModRevision(6)
            .setMinCreateRevision(7)
            .setMaxCreateRevision(8)
            .build();

    assertThat(Requests.range(request))
        .isEqualTo(
            new dev.jangada.kv.command.RangeRequest(
                Bytes.utf8("a"),
                Bytes.utf8("b"),
                3,
                4,
                dev.jangada.kv.command.RangeRequest.SortOrder.DESCEND,
                dev.jangada.kv.command.RangeRequest.SortTarget.MOD,
                true,
                true,
                5,
                6,
                7,
                8));
  }

  @Test
  void putKeepsEveryField() {
    PutRequest.Builder request =
        PutRequest.newBuilder().setKey(utf8("k")).setValue(utf8("v")).setLease(-7);

    assertThat(Requests.put(request.setPrevKv(true).build())).isEqualTo(put(true, false, false));
    assertThat(Requests.put(request.setPrevKv(false).setIgnoreValue(true).build()))
        .isEqualTo(put(false, true, false));
    assertThat(Requests.put(request.setIgnoreValue(false).setIgnoreLease(true).build()))
        .isEqualTo(put(false, false, true));
  }

  private static dev.jangada.kv.command.PutRequest put(
      boolean prevKv, boolean ignoreValue, boolean ignoreLease) {
    return new dev.jangada.kv.command.PutRequest(
        Bytes.utf8("k"), Bytes.utf8("v"), -7, prevKv, ignoreValue, ignoreLease);
  }

  @Test
  void deleteAndCompactKeepEveryField() {
    DeleteRangeRequest delete =
        DeleteRangeRequest.newBuilder()
            .setKey(utf8("a"))
            .setRangeEnd(ByteString.copyFrom(new byte[1]))
            .setPrevKv(true)
            .build();

    assertThat(Requests.deleteRange(delete))
        .isEqualTo(
            new dev.jangada.kv.command.DeleteRangeRequest(
                Bytes.utf8("a"), Bytes.wrap(new byte[1]), true));
    assertThat(
            Requests.compact(
                CompactionRequest.newBuilder().setRevision(9).setPhysical(true).build()))
        .isEqualTo(new CompactRequest(9, true));
  }

  @Test
  void comparesAndNestedTransactionsKeepTheirPlaces() {
    RequestOp range = range(false);
    TxnRequest inner = TxnRequest.newBuilder().addFailure(range).build();
    TxnRequest request =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setKey(utf8("k"))
                    .setRangeEnd(utf8("l"))
                    .setTarget(Compare.CompareTarget.CREATE)
                    .setResult(Compare.CompareResult.LESS)
                    .setCreateRevision(12))
            .addSuccess(
                RequestOp.newBuilder().setRequestPut(PutRequest.newBuilder().setKey(utf8("p"))))
            .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
            .addFailure(
                RequestOp.newBuilder()
                    .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(utf8("d"))))
            .build();

    dev.jangada.kv.command.TxnRequest txn = Requests.txn(request);

    assertThat(txn.compares())
        .containsExactly(
            new dev.jangada.kv.command.Compare(
                Bytes.utf8("k"),
                Bytes.utf8("l"),
                dev.jangada.kv.command.Compare.Target.CREATE,
                dev.jangada.kv.command.Compare.Operator.LESS,
                12,
                Bytes.EMPTY));
    assertThat(txn.success()).hasSize(2);
    assertThat(txn.success().get(0)).isInstanceOf(dev.jangada.kv.command.PutRequest.class);
    assertThat(txn.success().get(1))
        .isInstanceOfSatisfying(
            dev.jangada.kv.command.TxnRequest.class,
            nested -> assertThat(nested.failure()).hasSize(1));
    assertThat(txn.failure())
        .containsExactly(dev.jangada.kv.command.DeleteRangeRequest.of(Bytes.utf8("d")));
  }

  @Test
  void operandForAnotherTargetCountsAsAbsent() {
    TxnRequest request =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setKey(utf8("k"))
                    .setTarget(Compare.CompareTarget.VERSION)
                    .setModRevision(12))
            .build();

    assertThat(Requests.txn(request).compares().get(0).number()).isZero();
  }

  @Test
  void whatTheStoreHasNoWordsForIsRefused() {
    assertRefused(
        EtcdError.INVALID_SORT_OPTION,
        () -> Requests.range(RangeRequest.newBuilder().setSortOrderValue(3).build()));
    assertRefused(
        EtcdError.INVALID_SORT_OPTION,
        () -> Requests.range(RangeRequest.newBuilder().setSortTargetValue(5).build()));
    assertRefused(
        EtcdError.KEY_NOT_FOUND,
        () ->
            Requests.txn(
                TxnRequest.newBuilder().addFailure(RequestOp.getDefaultInstance()).build()));
    assertRefused(
        EtcdError.INVALID_COMPARE,
        () ->
            Requests.txn(
                TxnRequest.newBuilder()
                    .addCompare(Compare.newBuilder().setTargetValue(9))
                    .build()));
    assertRefused(
        EtcdError.INVALID_COMPARE,
        () ->
            Requests.txn(
                TxnRequest.newBuilder()
                    .addCompare(Compare.newBuilder().setResultValue(9))
                    .build()));
  }

  @Test
  void nestingBeyondTheStoresBoundIsRefused() {
    TxnRequest txn = TxnRequest.getDefaultInstance();
    for (int depth = 1; depth <= dev.jangada.kv.command.TxnRequest.MAX_DEPTH; depth++) {
      txn = TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestTxn(txn)).build();
    }
    TxnRequest tooDeep = txn;

    assertRefused(EtcdError.TOO_MANY_OPERATIONS, () -> Requests.txn(tooDeep));
  }

  @Test
  void transactionIsSerializableOnlyIfEveryRangeAllowsIt() {
    RequestOp fresh = range(false);
    RequestOp stale = range(true);

    assertThat(Requests.isSerializable(txn(stale, stale))).isTrue();
    assertThat(Requests.isSerializable(txn(stale, fresh))).isFalse();
    assertThat(Requests.isSerializable(txn(fresh, stale))).isFalse();
    RequestOp nestedStale = RequestOp.newBuilder().setRequestTxn(txn(stale, stale)).build();
    RequestOp nestedFresh = RequestOp.newBuilder().setRequestTxn(txn(stale, fresh)).build();
    assertThat(Requests.isSerializable(txn(stale, nestedStale))).isTrue();
    assertThat(Requests.isSerializable(txn(stale, nestedFresh))).isFalse();
    assertThat(Requests.isSerializable(TxnRequest.getDefaultInstance())).isFalse();
  }

  private static TxnRequest txn(RequestOp success, RequestOp failure) {
    return TxnRequest.newBuilder().addSuccess(success).addFailure(failure).build();
  }

  private static RequestOp range(boolean serializable) {
    return RequestOp.newBuilder()
        .setRequestRange(RangeRequest.newBuilder().setKey(utf8("r")).setSerializable(serializable))
        .build();
  }

  private static void assertRefused(EtcdError error, Runnable request) {
    assertThatThrownBy(request::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              Status status = e.getStatus();
              assertThat(status.getCode()).isEqualTo(error.status().getCode());
              assertThat(status.getDescription()).isEqualTo(error.text());
            });
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
