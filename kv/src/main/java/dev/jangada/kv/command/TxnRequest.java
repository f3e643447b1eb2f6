package dev.jangada.kv.command;

import java.util.List;

/**
 * Does one of two things, atomically: {@code success} if all comparisons hold, else {@code
 * failure}. The comparisons of nested transactions too see the state before the whole; reads see
 * the writes before them. All writes carry one revision. If any part cannot be done, nothing is.
 *
 * @param compares what must hold; nothing to compare holds
 * @param success what to do if all hold
 * @param failure what to do otherwise
 */
public record TxnRequest(List<Compare> compares, List<Operation> success, List<Operation> failure)
    implements Operation, Command {

  /** How deep transactions may be nested, the outermost counted. */
  public static final int MAX_DEPTH = 64;

  public TxnRequest {
    compares = List.copyOf(compares);
    success = List.copyOf(success);
    failure = List.copyOf(failure);
  }

  /** Whether neither branch, whatever is taken, holds a put or delete. */
  @Override
  public boolean isReadOnly() {
    return success.stream().allMatch(Operation::isReadOnly)
        && failure.stream().allMatch(Operation::isReadOnly);
  }

  /**
   * Whether there is a way through it that puts a key twice, or puts and deletes it: not allowed,
   * as all writes carry one revision.
   */
  public boolean mayWriteKeyTwice() {
    return TxnWrites.conflict(this);
  }
}
