package dev.jangada.kv.command;

/**
 * Begins a lease. Refused if there is one of that id. Makes no revision.
 *
 * @param id of the lease, not 0; chosen by the proposer, because the state machine has no chance
 * @param ttlSeconds how long it lasts without being kept alive, 1 to {@value #MAX_TTL_SECONDS}
 */
public record LeaseGrantRequest(long id, long ttlSeconds) implements LeaseCommand {

  /** The longest that a lease may last, as in etcd. */
  public static final long MAX_TTL_SECONDS = 9_000_000_000L;

  public LeaseGrantRequest {
    if (!isValid(id, ttlSeconds)) {
      throw new IllegalArgumentException(
          "no lease has id " + id + " and lasts " + ttlSeconds + " s");
    }
  }

  static boolean isValid(long id, long ttlSeconds) {
    return id != 0 && ttlSeconds >= 1 && ttlSeconds <= MAX_TTL_SECONDS;
  }
}
