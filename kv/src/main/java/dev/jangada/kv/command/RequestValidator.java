package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import java.util.List;
import java.util.Optional;

/**
 * What can be said against a request without looking at the state: asked before a request is
 * proposed, so that nonsense does not take up room in the log. The state machine does not rely on
 * it: a command that was not checked cannot harm it.
 *
 * <p>Safe for use by several threads.
 */
public final class RequestValidator {

  /** The customary limit on operations of a transaction. */
  public static final int DEFAULT_MAX_TXN_OPERATIONS = 128;

  private final int maxTxnOperations;

  /**
   * Creates a validator.
   *
   * @param maxTxnOperations most comparisons, and most operations in either branch, of a
   *     transaction, each counted alone. What is nested in it is allowed what it leaves of them
   */
  public RequestValidator(int maxTxnOperations) {
    if (maxTxnOperations < 1) {
      throw new IllegalArgumentException(
          "the limit on operations of a transaction must be at least 1, got " + maxTxnOperations);
    }
    this.maxTxnOperations = maxTxnOperations;
  }

  /** Why the request is to be refused; empty if there is nothing against it. */
  public Optional<KvError> check(Operation operation) {
    Optional<KvError> error = checkForm(operation, maxTxnOperations, 1);
    if (error.isEmpty() && operation instanceof TxnRequest txn && txn.mayWriteKeyTwice()) {
      return Optional.of(KvError.DUPLICATE_KEY);
    }
    return error;
  }

  private static Optional<KvError> checkForm(Operation operation, int maxOperations, int depth) {
    return switch (operation) {
      case RangeRequest range -> checkKey(range.key());
      case DeleteRangeRequest delete -> checkKey(delete.key());
      case PutRequest put -> checkPut(put);
      case TxnRequest txn -> checkTxn(txn, maxOperations, depth);
    };
  }

  private static Optional<KvError> checkKey(Bytes key) {
    return key.isEmpty() ? Optional.of(KvError.EMPTY_KEY) : Optional.empty();
  }

  private static Optional<KvError> checkPut(PutRequest put) {
    if (put.key().isEmpty()) {
      return Optional.of(KvError.EMPTY_KEY);
    }
    if (put.ignoreValue() && !put.value().isEmpty()) {
      return Optional.of(KvError.VALUE_PROVIDED);
    }
    if (put.ignoreLease() && put.lease() != 0) {
      return Optional.of(KvError.LEASE_PROVIDED);
    }
    return Optional.empty();
  }

  private static Optional<KvError> checkTxn(TxnRequest txn, int maxOperations, int depth) {
    int operations =
        Math.max(txn.compares().size(), Math.max(txn.success().size(), txn.failure().size()));
    if (operations > maxOperations || depth > TxnRequest.MAX_DEPTH) {
      return Optional.of(KvError.TOO_MANY_OPERATIONS);
    }
    for (Compare compare : txn.compares()) {
      if (compare.key().isEmpty()) {
        return Optional.of(KvError.EMPTY_KEY);
      }
    }
    for (List<Operation> branch : List.of(txn.success(), txn.failure())) {
      for (Operation operation : branch) {
        Optional<KvError> error = checkForm(operation, maxOperations - operations, depth + 1);
        if (error.isPresent()) {
          return error;
        }
      }
    }
    return Optional.empty();
  }
}
