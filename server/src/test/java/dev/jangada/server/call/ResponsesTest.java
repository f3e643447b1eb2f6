package dev.jangada.server.call;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeResponse;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import dev.jangada.etcd.api.etcdserverpb.TxnResponse;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.KeyValue;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponsesTest {

  private static final ResponseHeader HEADER =
      ResponseHeader.newBuilder()
          .setClusterId(1)
          .setMemberId(2)
          .setRevision(30)
          .setRaftTerm(4)
          .build();
  private static final KeyValue KV = new KeyValue(Bytes.utf8("k"), 10, 20, 3, Bytes.utf8("v"), 7);
  private static final dev.jangada.etcd.api.mvccpb.KeyValue WIRE_KV =
      dev.jangada.etcd.api.mvccpb.KeyValue.newBuilder()
          .setKey(ByteString.copyFromUtf8("k"))
          .setCreateRevision(10)
          .setModRevision(20)
          .setVersion(3)
          .setValue(ByteString.copyFromUtf8("v"))
          .setLease(7)
          .build();

  @Test
  void rangeKeepsEveryField() {
    assertThat(
            Responses.range(
                HEADER, new dev.jangada.kv.command.RangeResponse(30, List.of(KV), true, 9)))
        .isEqualTo(
            RangeResponse.newBuilder()
                .setHeader(HEADER)
                .addKvs(WIRE_KV)
                .setMore(true)
                .setCount(9)
                .build());
  }

  @Test
  void previousVersionIsAbsentWhereThereIsNone() {
    assertThat(Responses.put(HEADER, new dev.jangada.kv.command.PutResponse(30, null)))
        .isEqualTo(PutResponse.newBuilder().setHeader(HEADER).build());
    assertThat(Responses.put(HEADER, new dev.jangada.kv.command.PutResponse(30, KV)))
        .isEqualTo(PutResponse.newBuilder().setHeader(HEADER).setPrevKv(WIRE_KV).build());
    assertThat(
            Responses.deleteRange(
                HEADER, new dev.jangada.kv.command.DeleteRangeResponse(30, 1, List.of(KV))))
        .isEqualTo(
            DeleteRangeResponse.newBuilder()
                .setHeader(HEADER)
                .setDeleted(1)
                .addPrevKvs(WIRE_KV)
                .build());
  }

  @Test
  void headersInsideATransactionCarryTheRevisionOnly() {
    TxnResponse txn =
        Responses.txn(
            HEADER,
            new dev.jangada.kv.command.TxnResponse(
                30,
                true,
                List.of(
                    new dev.jangada.kv.command.RangeResponse(29, List.of(), false, 0),
                    new dev.jangada.kv.command.TxnResponse(
                        30, false, List.of(new dev.jangada.kv.command.PutResponse(30, null))))));

    assertThat(txn.getHeader()).isEqualTo(HEADER);
    assertThat(txn.getSucceeded()).isTrue();
    assertThat(txn.getResponses(0).getResponseRange().getHeader())
        .isEqualTo(ResponseHeader.newBuilder().setRevision(29).build());
    TxnResponse nested = txn.getResponses(1).getResponseTxn();
    assertThat(nested.getHeader()).isEqualTo(ResponseHeader.newBuilder().setRevision(30).build());
    assertThat(nested.getSucceeded()).isFalse();
    assertThat(nested.getResponses(0).getResponsePut().getHeader().getRevision()).isEqualTo(30);
  }
}
