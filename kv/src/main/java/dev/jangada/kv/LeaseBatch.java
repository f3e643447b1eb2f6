package dev.jangada.kv;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.raft.Invariant;

/**
 * Changes to leases, as part of a {@link MvccBatch}. Deleting the keys of a lease that ends is the
 * caller's part, and comes first. For one thread.
 */
final class LeaseBatch {

  private static final byte[] NOTHING = new byte[0];

  private final Overlay overlay;
  private final LeaseReader reader;

  private long clockMillis;
  private long endedMillis;
  private long count;

  LeaseBatch(Overlay overlay, LeaseState before) {
    this.overlay = overlay;
    this.reader = new LeaseReader(overlay);
    clockMillis = before.clockMillis();
    endedMillis = before.endedMillis();
    count = before.count();
  }

  LeaseReader reader() {
    return reader;
  }

  /** Begins a lease of an id that there is none of. */
  void grant(long id, long ttlSeconds) {
    store(Lease.startingAt(clockMillis, id, ttlSeconds));
    count++;
  }

  /** Has a lease last for its whole time again. */
  void renew(Lease lease) {
    Lease renewed = Lease.startingAt(clockMillis, lease.id(), lease.ttlSeconds());
    if (renewed.deadlineMillis() != lease.deadlineMillis()) {
      overlay.delete(Layout.deadlineKey(lease.deadlineMillis(), lease.id()));
      store(renewed);
    }
  }

  /**
   * Has a lease be over, and what is left of its keys go with the next advance of the clock, before
   * those of leases that end later.
   */
  void leaveRest(Lease lease) {
    overlay.delete(Layout.deadlineKey(lease.deadlineMillis(), lease.id()));
    store(lease.overAt(Math.min(lease.deadlineMillis(), Math.max(endedMillis, clockMillis))));
  }

  private void store(Lease lease) {
    overlay.put(Layout.leaseKey(lease.id()), Layout.lease(lease));
    overlay.put(Layout.deadlineKey(lease.deadlineMillis(), lease.id()), NOTHING);
  }

  /** Ends a lease that has no keys any more. */
  void remove(Lease lease) {
    overlay.delete(Layout.leaseKey(lease.id()));
    overlay.delete(Layout.deadlineKey(lease.deadlineMillis(), lease.id()));
    count--;
  }

  /** A key goes from one lease to another; 0 for none. */
  void attach(Bytes key, long from, long to) {
    if (from == to) {
      return;
    }
    if (from != 0) {
      overlay.delete(Layout.attachedKey(from, key));
    }
    if (to != 0) {
      overlay.put(Layout.attachedKey(to, key), NOTHING);
    }
  }

  /** Lets time pass. What is due then is the caller's to end. */
  void advance(long millis) {
    clockMillis += millis;
  }

  long clockMillis() {
    return clockMillis;
  }

  /** Before this there are no deadlines. */
  long endedMillis() {
    return endedMillis;
  }

  /** All leases with deadlines before this have been ended. */
  void endedBefore(long millis) {
    Invariant.check(
        endedMillis <= millis && millis <= clockMillis + 1,
        "leases ended before %d, then before %d, at %d ms",
        endedMillis,
        millis,
        clockMillis);
    endedMillis = millis;
  }

  LeaseState state() {
    return new LeaseState(clockMillis, endedMillis, count);
  }
}
