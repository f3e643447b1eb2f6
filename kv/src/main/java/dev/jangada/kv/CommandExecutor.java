package dev.jangada.kv;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Carries out commands on a {@link MvccBatch}. A command that is refused has changed nothing:
 * everything that can be said against it is found before its first write. For a transaction that
 * means to choose its branches, then to check all that is in them, then to carry it out.
 */
final class CommandExecutor {

  private final MvccBatch batch;

  CommandExecutor(MvccBatch batch) {
    this.batch = batch;
  }

  Result execute(Command command) {
    batch.beginCommand();
    return switch (command) {
      case PutRequest put -> {
        Optional<KvError> error = check(put);
        yield error.isPresent() ? new Failure(error.get()) : put(put);
      }
      case DeleteRangeRequest delete -> delete(delete);
      case TxnRequest txn -> txn(txn);
      case CompactRequest compact -> compact(compact);
    };
  }

  /** The branch that was chosen of a transaction, and of those in it, in their order. */
  private record Chosen(boolean succeeded, List<Operation> operations, List<Chosen> nested) {}

  private Result txn(TxnRequest txn) {
    if (TxnWrites.conflict(txn)) {
      return new Failure(KvError.DUPLICATE_KEY);
    }
    Chosen chosen = choose(txn);
    Optional<KvError> error = checkPuts(chosen).or(() -> checkRanges(chosen));
    return error.isPresent() ? new Failure(error.get()) : execute(chosen);
  }

  private Chosen choose(TxnRequest txn) {
    boolean succeeded = txn.compares().stream().allMatch(this::holds);
    List<Operation> operations = succeeded ? txn.success() : txn.failure();
    List<Chosen> nested = new ArrayList<>();
    for (Operation operation : operations) {
      if (operation instanceof TxnRequest inner) {
        nested.add(choose(inner));
      }
    }
    return new Chosen(succeeded, operations, nested);
  }

  private boolean holds(Compare compare) {
    if (compare.rangeEnd().isEmpty()) {
      KeyValue kv = batch.reader().get(compare.key(), MvccReader.LATEST);
      return kv == null ? compare.holdsForNoKey() : compare.holdsFor(kv);
    }
    try (MvccReader.VersionCursor cursor =
        batch.reader().cursor(compare.keys(), MvccReader.LATEST)) {
      if (!cursor.next()) {
        return compare.holdsForNoKey();
      }
      do {
        if (!compare.holdsFor(cursor.current())) {
          return false;
        }
      } while (cursor.next());
      return true;
    }
  }

  private Optional<KvError> checkPuts(Chosen chosen) {
    for (Operation operation : chosen.operations()) {
      if (operation instanceof PutRequest put) {
        Optional<KvError> error = check(put);
        if (error.isPresent()) {
          return error;
        }
      }
    }
    return chosen.nested().stream().flatMap(inner -> checkPuts(inner).stream()).findFirst();
  }

  private Optional<KvError> checkRanges(Chosen chosen) {
    for (Operation operation : chosen.operations()) {
      if (operation instanceof RangeRequest range) {
        Optional<KvError> error =
            RangeReader.checkRevision(
                range.revision(), batch.revision(), batch.compactedRevision());
        if (error.isPresent()) {
          return error;
        }
      }
    }
    return chosen.nested().stream().flatMap(inner -> checkRanges(inner).stream()).findFirst();
  }

  private TxnResponse execute(Chosen chosen) {
    List<Response> responses = new ArrayList<>();
    Iterator<Chosen> nested = chosen.nested().iterator();
    for (Operation operation : chosen.operations()) {
      responses.add(
          switch (operation) {
            case RangeRequest range -> RangeReader.read(batch.reader(), range, batch.revision());
            case PutRequest put -> put(put);
            case DeleteRangeRequest delete -> delete(delete);
            case TxnRequest inner -> execute(nested.next());
          });
    }
    return new TxnResponse(batch.revision(), chosen.succeeded(), responses);
  }

  private Optional<KvError> check(PutRequest put) {
    if (put.lease() != 0) {
      // No lease can exist: there is no command yet that would grant one.
      return Optional.of(KvError.LEASE_NOT_FOUND);
    }
    if ((put.ignoreValue() || put.ignoreLease())
        && batch.reader().get(put.key(), MvccReader.LATEST) == null) {
      return Optional.of(KvError.KEY_NOT_FOUND);
    }
    return Optional.empty();
  }

  private PutResponse put(PutRequest put) {
    KeyValue previous = batch.reader().get(put.key(), MvccReader.LATEST);
    Bytes value = put.ignoreValue() && previous != null ? previous.value() : put.value();
    long lease = put.ignoreLease() && previous != null ? previous.lease() : put.lease();
    batch.put(put.key(), value, lease, previous);
    return new PutResponse(batch.revision(), put.prevKv() ? previous : null);
  }

  private DeleteRangeResponse delete(DeleteRangeRequest delete) {
    List<KeyValue> doomed = new ArrayList<>();
    if (delete.rangeEnd().isEmpty()) {
      KeyValue kv = batch.reader().get(delete.key(), MvccReader.LATEST);
      if (kv != null) {
        doomed.add(kv);
      }
    } else {
      try (MvccReader.VersionCursor cursor =
          batch.reader().cursor(delete.keys(), MvccReader.LATEST)) {
        while (cursor.next()) {
          doomed.add(cursor.current());
        }
      }
    }
    batch.delete(doomed);
    return new DeleteRangeResponse(
        batch.revision(), doomed.size(), delete.prevKv() ? doomed : List.of());
  }

  private Result compact(CompactRequest compact) {
    if (compact.revision() <= batch.compactedRevision()) {
      return new Failure(KvError.COMPACTED);
    }
    if (compact.revision() > batch.revision()) {
      return new Failure(KvError.FUTURE_REVISION);
    }
    batch.compact(compact.revision());
    return new CompactResponse(batch.revision());
  }
}
