package dev.jangada.kv.command;

/**
 * Lets time pass for leases, and ends those whose time is over: each makes a revision, if it has
 * keys. Proposed by the leader alone, for time that it has measured.
 *
 * <p>Without effect unless the entry that holds it is of the given term: so whoever has lost the
 * lead while it measured moves nothing, however long the command was on its way.
 *
 * @param millis the time that has passed, 1 to {@value #MAX_MILLIS}: a leader that was held up for
 *     longer must not end the leases of clients that it could not hear
 * @param term the leader's
 */
public record AdvanceLeaseClockRequest(long millis, long term) implements LeaseCommand {

  /** The most that may pass at once. */
  public static final long MAX_MILLIS = 1_000;

  public AdvanceLeaseClockRequest {
    if (!isValid(millis, term)) {
      throw new IllegalArgumentException(millis + " ms cannot pass at once in term " + term);
    }
  }

  static boolean isValid(long millis, long term) {
    return millis >= 1 && millis <= MAX_MILLIS && term >= 1;
  }
}
