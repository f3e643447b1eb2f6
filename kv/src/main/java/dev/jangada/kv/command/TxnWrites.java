package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import java.util.List;
import java.util.NavigableSet;
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

  private final KeyRangeSet deletes = new KeyRangeSet();

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
          writes.conflict |= writes.deletes.contains(put.key()) || !writes.puts.add(put.key());
        }
        case DeleteRangeRequest delete -> {
          KeyRange keys = delete.keys();
          writes.conflict |= writes.puts(keys);
          writes.deletes.add(keys);
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
    deletes.addAll(other.deletes);
    conflict |= other.conflict;
  }

  private boolean clashesWith(TxnWrites other) {
    return other.puts.stream().anyMatch(key -> puts.contains(key) || deletes.contains(key))
        || other.deletes.ranges().stream().anyMatch(this::puts);
  }

  private boolean puts(KeyRange keys) {
    Bytes first = puts.ceiling(keys.from());
    return first != null && keys.contains(first);
  }
}
