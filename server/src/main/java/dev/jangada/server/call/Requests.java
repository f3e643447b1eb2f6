package dev.jangada.server.call;

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
import dev.jangada.kv.command.Operation;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests as clients send them, turned into the store's own. What the store has no words for is
 * refused here: constants that this version does not know, and operations without content.
 *
 * <p>All methods throw {@link io.grpc.StatusRuntimeException} with the refusal.
 */
public final class Requests {

  private Requests() {}

  /** A read of a range. */
  public static dev.jangada.kv.command.RangeRequest range(RangeRequest request) {
    return dev.jangada.kv.command.RangeRequest.builder(bytes(request.getKey()))
        .rangeEnd(bytes(request.getRangeEnd()))
        .limit(request.getLimit())
        .revision(request.getRevision())
        .sort(order(request), target(request))
        .keysOnly(request.getKeysOnly())
        .countOnly(request.getCountOnly())
        .modRevisions(request.getMinModRevision(), request.getMaxModRevision())
        .createRevisions(request.getMinCreateRevision(), request.getMaxCreateRevision())
        .build();
  }

  /** A put. */
  public static dev.jangada.kv.command.PutRequest put(PutRequest request) {
    return new dev.jangada.kv.command.PutRequest(
        bytes(request.getKey()),
        bytes(request.getValue()),
        request.getLease(),
        request.getPrevKv(),
        request.getIgnoreValue(),
        request.getIgnoreLease());
  }

  /** A delete of a range. */
  public static dev.jangada.kv.command.DeleteRangeRequest deleteRange(DeleteRangeRequest request) {
    return new dev.jangada.kv.command.DeleteRangeRequest(
        bytes(request.getKey()), bytes(request.getRangeEnd()), request.getPrevKv());
  }

  /** A compaction. */
  public static CompactRequest compact(CompactionRequest request) {
    return new CompactRequest(request.getRevision(), request.getPhysical());
  }

  /** A transaction, those nested in it included. */
  public static dev.jangada.kv.command.TxnRequest txn(TxnRequest request) {
    return txn(request, 1);
  }

  private static dev.jangada.kv.command.TxnRequest txn(TxnRequest request, int depth) {
    // The parser bounds the nesting of messages, at about this depth. It is the store's own bound
    // that counts, and a request beyond it must not be followed by recursion any further.
    if (depth > dev.jangada.kv.command.TxnRequest.MAX_DEPTH) {
      throw EtcdError.TOO_MANY_OPERATIONS.exception();
    }
    List<dev.jangada.kv.command.Compare> compares = new ArrayList<>(request.getCompareCount());
    for (Compare compare : request.getCompareList()) {
      compares.add(compare(compare));
    }
    return new dev.jangada.kv.command.TxnRequest(
        compares, branch(request.getSuccessList(), depth), branch(request.getFailureList(), depth));
  }

  private static List<Operation> branch(List<RequestOp> operations, int depth) {
    List<Operation> branch = new ArrayList<>(operations.size());
    for (RequestOp operation : operations) {
      branch.add(
          switch (operation.getRequestCase()) {
            case REQUEST_RANGE -> range(operation.getRequestRange());
            case REQUEST_PUT -> put(operation.getRequestPut());
            case REQUEST_DELETE_RANGE -> deleteRange(operation.getRequestDeleteRange());
            case REQUEST_TXN -> txn(operation.getRequestTxn(), depth + 1);
            // The text is odd for an empty operation, and it is what etcd says.
            case REQUEST_NOT_SET -> throw EtcdError.KEY_NOT_FOUND.exception();
          });
    }
    return branch;
  }

  /**
   * Whether a read-only transaction may be answered from what the member has: if the client allows
   * it for every range. One that does nothing but compare says nothing of the kind.
   */
  public static boolean isSerializable(TxnRequest request) {
    int ranges = countRanges(request);
    return ranges > 0 && allSerializable(request);
  }

  private static int countRanges(TxnRequest request) {
    int count = 0;
    for (List<RequestOp> branch : List.of(request.getSuccessList(), request.getFailureList())) {
      for (RequestOp operation : branch) {
        count +=
            operation.hasRequestTxn()
                ? countRanges(operation.getRequestTxn())
                : operation.hasRequestRange() ? 1 : 0;
      }
    }
    return count;
  }

  private static boolean allSerializable(TxnRequest request) {
    for (List<RequestOp> branch : List.of(request.getSuccessList(), request.getFailureList())) {
      for (RequestOp operation : branch) {
        if (operation.hasRequestTxn()
            ? !allSerializable(operation.getRequestTxn())
            : !operation.getRequestRange().getSerializable()) {
          return false;
        }
      }
    }
    return true;
  }

  private static dev.jangada.kv.command.Compare compare(Compare compare) {
    dev.jangada.kv.command.Compare.Target target =
        switch (compare.getTarget()) {
          case VERSION -> dev.jangada.kv.command.Compare.Target.VERSION;
          case CREATE -> dev.jangada.kv.command.Compare.Target.CREATE;
          case MOD -> dev.jangada.kv.command.Compare.Target.MOD;
          case VALUE -> dev.jangada.kv.command.Compare.Target.VALUE;
          case LEASE -> dev.jangada.kv.command.Compare.Target.LEASE;
          case UNRECOGNIZED -> throw EtcdError.INVALID_COMPARE.exception();
        };
    dev.jangada.kv.command.Compare.Operator operator =
        switch (compare.getResult()) {
          case EQUAL -> dev.jangada.kv.command.Compare.Operator.EQUAL;
          case GREATER -> dev.jangada.kv.command.Compare.Operator.GREATER;
          case LESS -> dev.jangada.kv.command.Compare.Operator.LESS;
          case NOT_EQUAL -> dev.jangada.kv.command.Compare.Operator.NOT_EQUAL;
          case UNRECOGNIZED -> throw EtcdError.INVALID_COMPARE.exception();
        };
    // An operand for another target counts as absent, so the comparison is with 0 or with nothing.
    long number =
        switch (target) {
          case VERSION -> compare.getVersion();
          case CREATE -> compare.getCreateRevision();
          case MOD -> compare.getModRevision();
          case LEASE -> compare.getLease();
          case VALUE -> 0;
        };
    Bytes value =
        target == dev.jangada.kv.command.Compare.Target.VALUE
            ? bytes(compare.getValue())
            : Bytes.EMPTY;
    return new dev.jangada.kv.command.Compare(
        bytes(compare.getKey()), bytes(compare.getRangeEnd()), target, operator, number, value);
  }

  private static dev.jangada.kv.command.RangeRequest.SortOrder order(RangeRequest request) {
    return switch (request.getSortOrder()) {
      case NONE -> dev.jangada.kv.command.RangeRequest.SortOrder.NONE;
      case ASCEND -> dev.jangada.kv.command.RangeRequest.SortOrder.ASCEND;
      case DESCEND -> dev.jangada.kv.command.RangeRequest.SortOrder.DESCEND;
      case UNRECOGNIZED -> throw EtcdError.INVALID_SORT_OPTION.exception();
    };
  }

  private static dev.jangada.kv.command.RangeRequest.SortTarget target(RangeRequest request) {
    return switch (request.getSortTarget()) {
      case KEY -> dev.jangada.kv.command.RangeRequest.SortTarget.KEY;
      case VERSION -> dev.jangada.kv.command.RangeRequest.SortTarget.VERSION;
      case CREATE -> dev.jangada.kv.command.RangeRequest.SortTarget.CREATE;
      case MOD -> dev.jangada.kv.command.RangeRequest.SortTarget.MOD;
      case VALUE -> dev.jangada.kv.command.RangeRequest.SortTarget.VALUE;
      case UNRECOGNIZED -> throw EtcdError.INVALID_SORT_OPTION.exception();
    };
  }

  public static Bytes bytes(ByteString bytes) {
    return Bytes.wrap(bytes.toByteArray());
  }
}
