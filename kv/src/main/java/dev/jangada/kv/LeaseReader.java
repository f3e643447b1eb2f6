package dev.jangada.kv;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.store.OrderedStore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads leases and what is attached to them from the {@link Layout}. */
final class LeaseReader {

  private final OrderedStore.Reader reader;

  LeaseReader(OrderedStore.Reader reader) {
    this.reader = reader;
  }

  /** The lease of an id; null if there is none, or it is over. */
  @Nullable Lease get(long id) {
    Lease lease = stored(id);
    return lease == null || lease.isOver() ? null : lease;
  }

  /** Whether an id cannot be used for a new lease yet. */
  boolean isTaken(long id) {
    return stored(id) != null;
  }

  private @Nullable Lease stored(long id) {
    byte[] lease = reader.get(Layout.leaseKey(id));
    return lease == null ? null : Layout.lease(id, lease);
  }

  /** The ids of all leases but those that are over, in the order of unsigned numbers. */
  List<Long> ids() {
    List<Long> ids = new ArrayList<>();
    try (OrderedStore.Cursor cursor = reader.cursor(Layout.leasesStart(), Layout.leasesEnd())) {
      for (; cursor.isValid(); cursor.next()) {
        long id = Layout.idOfLease(cursor.key());
        if (!Layout.lease(id, cursor.value()).isOver()) {
          ids.add(id);
        }
      }
    }
    return ids;
  }

  /** The keys that are attached to a lease, in order. */
  List<Bytes> keys(long id) {
    List<Bytes> keys = new ArrayList<>();
    try (OrderedStore.Cursor cursor =
        reader.cursor(Layout.attachedKey(id, Bytes.EMPTY), Layout.attachedEnd(id))) {
      for (; cursor.isValid(); cursor.next()) {
        keys.add(Layout.keyOfAttached(cursor.key()));
      }
    }
    return keys;
  }

  /**
   * Leases, also those that are over, by their deadlines, the earliest first, of the same one in
   * the order of unsigned ids.
   *
   * @param from the first deadline
   * @param to the first deadline that is not meant
   * @param limit how many at most
   */
  List<Lease> byDeadline(long from, long to, int limit) {
    List<Long> ids = new ArrayList<>();
    try (OrderedStore.Cursor cursor =
        reader.cursor(Layout.deadlineKey(from, 0), Layout.deadlineKey(to, 0))) {
      for (; cursor.isValid() && ids.size() < limit; cursor.next()) {
        ids.add(Layout.idOfDeadline(cursor.key()));
      }
    }
    return ids.stream().map(this::existing).toList();
  }

  private Lease existing(long id) {
    Lease lease = stored(id);
    if (lease == null) {
      throw Layout.damaged("lease " + id + " has a deadline but does not exist");
    }
    return lease;
  }
}
