package dev.jangada.server.lease;

import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.server.call.EtcdError;
import java.security.SecureRandom;
import java.time.Duration;

/** How leases are granted: their ids and how long they last. Any thread. */
public final class Leases {

  /** Shorter ones would end in any pause of a client. */
  private static final long LEAST_TTL_SECONDS = 2;

  private final long minTtlSeconds;
  private final SecureRandom random = new SecureRandom();

  /** Has leases last longer than an election takes. */
  public Leases(Duration electionTimeout) {
    // One and a half election timeouts, rounded up: a lease outlasts a change of leader.
    long millis = electionTimeout.toMillis() * 3 / 2;
    minTtlSeconds = Math.max(LEAST_TTL_SECONDS, Math.ceilDiv(millis, 1_000));
  }

  /**
   * The request that grants a lease as a client wishes.
   *
   * @param id 0 for one that is chosen here
   * @param ttlSeconds raised to what is allowed at least
   * @throws io.grpc.StatusRuntimeException if that is too long
   */
  public LeaseGrantRequest grant(long id, long ttlSeconds) {
    if (ttlSeconds > LeaseGrantRequest.MAX_TTL_SECONDS) {
      throw EtcdError.LEASE_TTL_TOO_LARGE.exception();
    }
    return new LeaseGrantRequest(id == 0 ? newId() : id, Math.max(ttlSeconds, minTtlSeconds));
  }

  /** Positive, and not to be met with twice. */
  private long newId() {
    return random.nextLong(1, Long.MAX_VALUE);
  }
}
