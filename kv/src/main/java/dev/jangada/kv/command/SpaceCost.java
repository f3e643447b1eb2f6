package dev.jangada.kv.command;

import java.util.List;

/**
 * By how much a command makes the store grow, as etcd reckons: about, and at least. What is 0 here
 * is carried out also while there is an alarm for lack of space, since that is how space is found:
 * deletions and compaction above all.
 */
public final class SpaceCost {

  private static final long KEY_BYTES = 256;
  private static final long LEASE_BYTES = 64;

  private SpaceCost() {}

  /** The bytes that a command may add; 0 if it is not one of those that add any. */
  public static long of(Command command) {
    return switch (command) {
      case PutRequest put -> KEY_BYTES + put.key().length() + put.value().length();
      case TxnRequest txn -> Math.max(of(txn.success()), of(txn.failure()));
      case LeaseGrantRequest grant -> LEASE_BYTES;
      case AuthenticatedRequest request -> of(request.command());
      case DeleteRangeRequest delete -> 0;
      case CompactRequest compact -> 0;
      case PublishMemberRequest publish -> 0;
      case ChangeAlarmRequest change -> 0;
      case LeaseRevokeRequest revoke -> 0;
      case LeaseKeepAliveRequest keepAlive -> 0;
      case AdvanceLeaseClockRequest advance -> 0;
      case AuthCommand auth -> 0;
      case MemberRequest own -> 0;
    };
  }

  /** Only one branch is taken, and nobody knows which. */
  private static long of(List<Operation> branch) {
    long sum = 0;
    for (Operation operation : branch) {
      sum +=
          switch (operation) {
            case PutRequest put -> of(put);
            case TxnRequest txn -> of(txn);
            case RangeRequest range -> 0;
            case DeleteRangeRequest delete -> 0;
          };
    }
    return sum;
  }
}
