package dev.jangada.kv;

import dev.jangada.raft.Invariant;

/**
 * The numbers that describe the leases of a state of the store.
 *
 * @param clockMillis the time that has passed for leases; stands still while there are none
 * @param endedMillis no lease has a deadline before this: all that had one have ended
 * @param count of leases
 */
record LeaseState(long clockMillis, long endedMillis, long count) {

  static final LeaseState EMPTY = new LeaseState(0, 0, 0);

  LeaseState {
    Invariant.check(
        0 <= endedMillis && endedMillis <= clockMillis + 1 && count >= 0,
        "%d leases, ended before %d, at %d ms",
        count,
        endedMillis,
        clockMillis);
  }
}
