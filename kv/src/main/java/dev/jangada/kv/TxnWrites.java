package dev.jangada.kv;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The keys that a transaction may write, to find out whether it may write one of them twice.
 *
 * <p>All writes of a transaction carry one revision, so a key can have at most one new version from
 * it. Hence no key may be put twice, nor put and deleted in whatever order, on a way through the
 * transaction and those nested in it. Two deletes of a key are fine, the second finds nothing; so
 * are writes in the two branches of one transaction, of which only one is taken.
 */
final class TxnWrites {

  private final NavigableSet<Bytes> puts = new TreeSet<>();

  /**
   * Deleted ranges by their first key. No two overlap or touch, so that looking up one is enough.
   */
  private final NavigableMap<Bytes, KeyRange> deletes = new TreeMap<>();

  private boolean conflict;

  private TxnWrites() {}

  /** Whether the transaction may put a key twice, or put and delete it. */
  static boolean conflict(TxnRequest txn) {
    return either(txn).conflict;
  }

  private static TxnWrites either(TxnRequest txn) {
    TxnWrites writes = inTurn(txn.success());
    TxnWrites others = inTurn(txn.failure());
    writes.include(others);
    return writes;
  }

  private static TxnWrites inTurn(List<Operation> branch) {
    TxnWrites writes = new TxnWrites();
    for (Operation operation : branch) {
      switch (operation) {
        case RangeRequest range -> {}
        case PutRequest put -> {
          writes.conflict |= writes.deletes(put.key()) || !writes.puts.add(put.key());
        }
        case DeleteRangeRequest delete -> {
          KeyRange keys = delete.keys();
          writes.conflict |= writes.puts(keys);
          writes.addDelete(keys);
        }
        case TxnRequest nested -> {
          TxnWrites inner = either(nested);
          writes.conflict |= writes.clashesWith(inner);
          writes.include(inner);
        }
      }
      if (writes.conflict) {
        return writes;
      }
    }
    return writes;
  }

  private void include(TxnWrites other) {
    puts.addAll(other.puts);
    other.deletes.values().forEach(this::addDelete);
    conflict |= other.conflict;
  }

  private boolean clashesWith(TxnWrites other) {
    return other.puts.stream().anyMatch(key -> puts.contains(key) || deletes(key))
        || other.deletes.values().stream().anyMatch(this::puts);
  }

  private void addDelete(KeyRange keys) {
    if (keys.isEmpty()) {
      return;
    }
    KeyRange union = keys;
    Map.Entry<Bytes, KeyRange> before = deletes.floorEntry(keys.from());
    if (before != null && reaches(before.getValue(), keys.from())) {
      union = union(before.getValue(), keys);
    }
    Map.Entry<Bytes, KeyRange> next = deletes.ceilingEntry(union.from());
    while (next != null && reaches(union, next.getKey())) {
      union = union(union, next.getValue());
      deletes.remove(next.getKey());
      next = deletes.ceilingEntry(union.from());
    }
    deletes.put(union.from(), union);
  }

  private static boolean reaches(KeyRange keys, Bytes key) {
    return keys.to() == null || key.compareTo(keys.to()) <= 0;
  }

  /** The union of two ranges that overlap or touch, the first of which starts first. */
  private static KeyRange union(KeyRange first, KeyRange second) {
    boolean firstEndsLast =
        first.to() == null || (second.to() != null && second.to().compareTo(first.to()) <= 0);
    return firstEndsLast ? first : new KeyRange(first.from(), second.to());
  }

  private boolean deletes(Bytes key) {
    Map.Entry<Bytes, KeyRange> range = deletes.floorEntry(key);
    return range != null && range.getValue().contains(key);
  }

  private boolean puts(KeyRange keys) {
    Bytes first = puts.ceiling(keys.from());
    return first != null && keys.contains(first);
  }
}
