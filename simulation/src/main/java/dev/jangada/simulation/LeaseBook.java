package dev.jangada.simulation;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.ResultCodec;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which leases there have to be after each entry of the log: what the documentation of their
 * commands says, worked out without a store. Of keys it knows those that are attached to a lease;
 * whether a transaction went through it takes from its result.
 */
final class LeaseBook {

  /** A lease lasts so much longer than it was granted for. */
  private static final long SLACK_MILLIS = 1_000;

  /**
   * A lease.
   *
   * @param deadlineMillis it ends when the clock of the leases reaches this
   */
  record Held(long ttlSeconds, long deadlineMillis) {}

  /**
   * How things stand from one entry on, to the next one that changes something.
   *
   * @param since index of that entry
   * @param clockMillis the time that has passed for leases
   * @param leases by id
   * @param attached to which lease a key is attached
   * @param renewed the lease that was granted or kept alive by the entry; 0 for none
   * @param timeIsUp the leases whose time was over with the entry, in the order in which they ended
   */
  record Page(
      long since,
      long clockMillis,
      SortedMap<Long, Held> leases,
      SortedMap<Bytes, Long> attached,
      long renewed,
      List<Long> timeIsUp) {

    /** The keys of a lease, in order. */
    List<Bytes> keys(long lease) {
      return attached.entrySet().stream()
          .filter(entry -> entry.getValue() == lease)
          .map(Map.Entry::getKey)
          .toList();
    }

    /** How long a lease lasts, in whole seconds, if it is not kept alive. */
    long remainingSeconds(Held lease) {
      return Math.max(0, (lease.deadlineMillis() - SLACK_MILLIS - clockMillis) / 1_000);
    }
  }

  private static final Page EMPTY =
      new Page(
          0,
          0,
          Collections.emptySortedMap(),
          Collections.emptySortedMap(),
          0,
          Collections.emptyList());

  private final TreeMap<Long, Page> pages = new TreeMap<>();
  private long last;

  LeaseBook() {
    pages.put(last, EMPTY);
  }

  /** Index of the last entry that is in the book. */
  long last() {
    return last;
  }

  /** How things stand after the last entry. */
  Page latest() {
    return pages.lastEntry().getValue();
  }

  /** How things stand after an entry that is in the book. */
  Page after(long index) {
    return pages.floorEntry(index).getValue();
  }

  /**
   * Enters the next entry of the log; one that is in the book already changes nothing.
   *
   * @return whether it is new
   */
  boolean enter(Entry entry, byte[] result) {
    if (entry.index() <= last) {
      return false;
    }
    if (entry.index() != last + 1) {
      throw new AssertionError(entry + " is the first one that was applied after " + last);
    }
    last = entry.index();
    if (entry.type() == EntryType.COMMAND) {
      try {
        enter(CommandCodec.decode(entry.data()), entry.term(), result);
      } catch (MalformedEncodingException e) {
        throw new AssertionError("a command or result that cannot be read: " + entry, e);
      }
    }
    return true;
  }

  private void enter(Command command, long term, byte[] result) throws MalformedEncodingException {
    Page before = latest();
    switch (command) {
      case LeaseGrantRequest grant when !before.leases().containsKey(grant.id()) ->
          renew(before, grant.id(), grant.ttlSeconds());
      case LeaseKeepAliveRequest keepAlive -> {
        Held held = before.leases().get(keepAlive.id());
        if (held != null) {
          renew(before, keepAlive.id(), held.ttlSeconds());
        }
      }
      case LeaseRevokeRequest revoke when before.leases().containsKey(revoke.id()) ->
          end(before, before.clockMillis(), List.of(revoke.id()), List.of());
      case AdvanceLeaseClockRequest advance when advance.term() == term -> {
        long clock = before.clockMillis() + advance.millis();
        List<Long> due =
            before.leases().entrySet().stream()
                .filter(lease -> lease.getValue().deadlineMillis() <= clock)
                .sorted(
                    Comparator.<Map.Entry<Long, Held>>comparingLong(
                            lease -> lease.getValue().deadlineMillis())
                        .thenComparing(Map.Entry::getKey, Long::compareUnsigned))
                .map(Map.Entry::getKey)
                .toList();
        end(before, clock, due, due);
      }
      case PutRequest put -> attach(put);
      case DeleteRangeRequest delete -> detach(delete.key());
      case TxnRequest txn
          when ResultCodec.decode(result) instanceof TxnResponse response
              && response.succeeded() -> {
        for (Operation operation : txn.success()) {
          if (operation instanceof PutRequest put) {
            attach(put);
          }
        }
      }
      default -> {
        // Concerns no lease.
      }
    }
  }

  private void renew(Page before, long id, long ttlSeconds) {
    SortedMap<Long, Held> leases = new TreeMap<>(before.leases());
    leases.put(id, new Held(ttlSeconds, before.clockMillis() + ttlSeconds * 1_000 + SLACK_MILLIS));
    pages.put(last, new Page(last, before.clockMillis(), leases, before.attached(), id, List.of()));
  }

  private void end(Page before, long clockMillis, List<Long> ended, List<Long> timeIsUp) {
    SortedMap<Long, Held> leases = before.leases();
    SortedMap<Bytes, Long> attached = before.attached();
    if (!ended.isEmpty()) {
      leases = new TreeMap<>(leases);
      attached = new TreeMap<>(attached);
      leases.keySet().removeAll(ended);
      attached.values().removeAll(ended);
    }
    pages.put(last, new Page(last, clockMillis, leases, attached, 0, timeIsUp));
  }

  private void attach(PutRequest put) {
    Page before = latest();
    if (put.lease() == 0) {
      detach(put.key());
    } else if (before.leases().containsKey(put.lease())) {
      SortedMap<Bytes, Long> attached = new TreeMap<>(before.attached());
      attached.put(put.key(), put.lease());
      pages.put(
          last, new Page(last, before.clockMillis(), before.leases(), attached, 0, List.of()));
    }
  }

  private void detach(Bytes key) {
    Page before = latest();
    if (before.attached().containsKey(key)) {
      SortedMap<Bytes, Long> attached = new TreeMap<>(before.attached());
      attached.remove(key);
      pages.put(
          last, new Page(last, before.clockMillis(), before.leases(), attached, 0, List.of()));
    }
  }
}
