package dev.jangada.server.call;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.jangada.etcd.api.etcdserverpb.CompactionResponse;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeResponse;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import dev.jangada.etcd.api.etcdserverpb.ResponseOp;
import dev.jangada.etcd.api.etcdserverpb.TxnResponse;
import dev.jangada.etcd.api.mvccpb.KeyValue;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.LeaseResponse;
import dev.jangada.kv.command.Response;
import java.util.List;

/**
 * The store's answers, turned into what clients expect.
 *
 * <p>The header of an answer tells who gave it. Headers of operations inside a transaction carry
 * the revision only, as it stood after the operation.
 */
public final class Responses {

  private Responses() {}

  /** What a range held. */
  public static RangeResponse range(
      ResponseHeader header, dev.jangada.kv.command.RangeResponse response) {
    RangeResponse.Builder builder =
        RangeResponse.newBuilder()
            .setHeader(header)
            .setMore(response.more())
            .setCount(response.count());
    for (dev.jangada.kv.command.KeyValue kv : response.keyValues()) {
      builder.addKvs(keyValue(kv));
    }
    return builder.build();
  }

  /** What a put did. */
  public static PutResponse put(
      ResponseHeader header, dev.jangada.kv.command.PutResponse response) {
    PutResponse.Builder builder = PutResponse.newBuilder().setHeader(header);
    dev.jangada.kv.command.KeyValue prevKv = response.prevKv();
    if (prevKv != null) {
      builder.setPrevKv(keyValue(prevKv));
    }
    return builder.build();
  }

  /** What a delete did. */
  public static DeleteRangeResponse deleteRange(
      ResponseHeader header, dev.jangada.kv.command.DeleteRangeResponse response) {
    DeleteRangeResponse.Builder builder =
        DeleteRangeResponse.newBuilder().setHeader(header).setDeleted(response.deleted());
    for (dev.jangada.kv.command.KeyValue kv : response.prevKvs()) {
      builder.addPrevKvs(keyValue(kv));
    }
    return builder.build();
  }

  /** That a compaction was done. */
  public static CompactionResponse compact(ResponseHeader header) {
    return CompactionResponse.newBuilder().setHeader(header).build();
  }

  /** What a transaction did, operation by operation. */
  public static TxnResponse txn(
      ResponseHeader header, dev.jangada.kv.command.TxnResponse response) {
    return TxnResponse.newBuilder()
        .setHeader(header)
        .setSucceeded(response.succeeded())
        .addAllResponses(operations(response.responses()))
        .build();
  }

  private static List<ResponseOp> operations(List<Response> responses) {
    return responses.stream().map(Responses::operation).toList();
  }

  private static ResponseOp operation(Response response) {
    ResponseHeader header = ResponseHeader.newBuilder().setRevision(response.revision()).build();
    ResponseOp.Builder operation = ResponseOp.newBuilder();
    return switch (response) {
      case dev.jangada.kv.command.RangeResponse range ->
          operation.setResponseRange(range(header, range)).build();
      case dev.jangada.kv.command.PutResponse put ->
          operation.setResponsePut(put(header, put)).build();
      case dev.jangada.kv.command.DeleteRangeResponse delete ->
          operation.setResponseDeleteRange(deleteRange(header, delete)).build();
      case dev.jangada.kv.command.TxnResponse txn ->
          operation.setResponseTxn(txn(header, txn)).build();
      case dev.jangada.kv.command.AuthResponse auth ->
          throw new IllegalStateException("users or roles changed inside a transaction: " + auth);
      case dev.jangada.kv.command.PublishMemberResponse publish ->
          throw new IllegalStateException("a member published inside a transaction: " + publish);
      case dev.jangada.kv.command.ChangeAlarmResponse change ->
          throw new IllegalStateException("an alarm inside a transaction: " + change);
      case LeaseResponse lease ->
          throw new IllegalStateException("a lease inside a transaction: " + lease);
      case dev.jangada.kv.command.CompactResponse compact ->
          throw new IllegalStateException("a compaction inside a transaction: " + compact);
    };
  }

  /** A key with its version. */
  public static KeyValue keyValue(dev.jangada.kv.command.KeyValue kv) {
    return KeyValue.newBuilder()
        .setKey(byteString(kv.key()))
        .setCreateRevision(kv.createRevision())
        .setModRevision(kv.modRevision())
        .setVersion(kv.version())
        .setValue(byteString(kv.value()))
        .setLease(kv.lease())
        .build();
  }

  /** Shares the bytes, which nobody modifies, rather than copying each value on its way out. */
  public static ByteString byteString(Bytes bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes.array());
  }
}
