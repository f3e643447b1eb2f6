package dev.jangada.kv.auth;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.ChangeAlarmRequest;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.MemberRequest;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PublishMemberRequest;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.TxnRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a caller may have a command carried out, by what is in the command and the
 * permissions at that moment.
 *
 * <p>A transaction is judged as a whole, before its comparisons are looked at: whoever may not do
 * something in a branch is refused also where the other one would be taken. So neither what happens
 * nor what is answered tells of keys that the caller may not read.
 */
public final class Authorizer {

  private final AuthState auth;
  private final LongFunction<List<Bytes>> keysOfLease;

  /**
   * Judges by what is given.
   *
   * @param keysOfLease the keys attached to a lease, which it would take with it
   */
  public Authorizer(AuthState auth, LongFunction<List<Bytes>> keysOfLease) {
    this.auth = auth;
    this.keysOfLease = keysOfLease;
  }

  /**
   * Why the command is to be refused; empty if the caller may have it carried out.
   *
   * @param caller null for one who has not said who he is
   */
  public Optional<KvError> check(@Nullable Caller caller, Command command) {
    if (!auth.enabled()) {
      return Optional.empty();
    }
    return switch (command) {
      case PutRequest put -> checkOperation(caller, put);
      case DeleteRangeRequest delete -> checkOperation(caller, delete);
      case TxnRequest txn -> checkOperation(caller, txn);
      case CompactRequest compact -> auth.checkCaller(caller);
      case LeaseGrantRequest grant -> auth.checkCaller(caller);
      case LeaseKeepAliveRequest keepAlive -> auth.checkCaller(caller);
      case LeaseRevokeRequest revoke ->
          auth.checkCaller(caller).or(() -> checkLease(caller, revoke.id()));
      case ChangeAlarmRequest change -> auth.checkRoot(caller);
      case AuthCommand change -> auth.checkRoot(caller);
      case AuthenticatedRequest inner ->
          throw new IllegalArgumentException("the caller is to be given apart from the command");
      // What members say themselves. No request of a client becomes one of these.
      case PublishMemberRequest publish -> Optional.empty();
      case AdvanceLeaseClockRequest advance -> Optional.empty();
      case MemberRequest own -> Optional.empty();
    };
  }

  /** The same for an operation, one that only reads included. */
  public Optional<KvError> checkOperation(@Nullable Caller caller, Operation operation) {
    return switch (operation) {
      case RangeRequest range -> auth.checkRead(caller, range.keys());
      case PutRequest put -> checkPut(caller, put);
      case DeleteRangeRequest delete ->
          auth.checkWrite(caller, delete.keys())
              .or(() -> delete.prevKv() ? auth.checkRead(caller, delete.keys()) : Optional.empty());
      case TxnRequest txn -> auth.checkCaller(caller).or(() -> checkTxn(caller, txn));
    };
  }

  private Optional<KvError> checkPut(@Nullable Caller caller, PutRequest put) {
    KeyRange key = KeyRange.of(put.key(), Bytes.EMPTY);
    return auth.checkWrite(caller, key)
        .or(() -> put.prevKv() ? auth.checkRead(caller, key) : Optional.empty())
        .or(() -> put.lease() != 0 ? checkLease(caller, put.lease()) : Optional.empty());
  }

  /**
   * Ending a lease deletes its keys, and attaching a key to one lets it be ended with them: both
   * take a caller who may write them all.
   */
  private Optional<KvError> checkLease(@Nullable Caller caller, long lease) {
    if (auth.checkRoot(caller).isEmpty()) {
      return Optional.empty();
    }
    for (Bytes key : keysOfLease.apply(lease)) {
      Optional<KvError> refusal = auth.checkWrite(caller, KeyRange.of(key, Bytes.EMPTY));
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    return Optional.empty();
  }

  private Optional<KvError> checkTxn(@Nullable Caller caller, TxnRequest txn) {
    for (Compare compare : txn.compares()) {
      Optional<KvError> refusal = auth.checkRead(caller, compare.keys());
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    for (List<Operation> branch : List.of(txn.success(), txn.failure())) {
      for (Operation operation : branch) {
        Optional<KvError> refusal = checkOperation(caller, operation);
        if (refusal.isPresent()) {
          return refusal;
        }
      }
    }
    return Optional.empty();
  }
}
