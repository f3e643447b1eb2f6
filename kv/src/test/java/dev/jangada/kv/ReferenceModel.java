package dev.jangada.kv;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.AdvanceLeaseClockResponse;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.CompactResponse;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseCommand;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseGrantResponse;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseKeepAliveResponse;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.LeaseRevokeResponse;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.RangeResult;
import dev.jangada.kv.command.Response;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The semantics of the store in the plainest way: a whole map for every revision there ever was.
 * Nothing in here is shared with the store but the requests and responses.
 */
final class ReferenceModel {

  /** The keys as they were at each revision; index 0 and 1 are empty. */
  private final List<NavigableMap<Bytes, KeyValue>> states = new ArrayList<>();

  private long compacted;

  /** Leases by id: time to live and deadline in milliseconds of the clock, with the slack. */
  private final SortedMap<Long, long[]> leases = new TreeMap<>(Long::compareUnsigned);

  private long clock;

  ReferenceModel() {
    states.add(new TreeMap<>());
    states.add(new TreeMap<>());
  }

  long revision() {
    return states.size() - 1L;
  }

  long compacted() {
    return compacted;
  }

  long clock() {
    return clock;
  }

  /** Leases with their remaining seconds and the keys attached to them, as the store tells them. */
  List<LeaseStatus> leases() {
    List<LeaseStatus> result = new ArrayList<>();
    leases.forEach((id, lease) ->
        result.add(
            new LeaseStatus(
                id,
                lease[0],
                Math.max(0, Math.floorDiv(lease[1] - 1_000 - clock, 1_000L)),
                keysOf(id))));
    return result;
  }

  private List<Bytes> keysOf(long lease) {
    return states.getLast().values().stream()
        .filter(kv -> kv.lease() == lease)
        .map(KeyValue::key)
        .toList();
  }

  /** The answer to a command in an entry of term 1. */
  Result apply(Command command) {
    if (command instanceof LeaseCommand lease) {
      return apply(lease);
    }
    if (command instanceof CompactRequest compact) {
      if (compact.revision() <= compacted) {
        return new Failure(KvError.COMPACTED);
      }
      if (compact.revision() > revision()) {
        return new Failure(KvError.FUTURE_REVISION);
      }
      compacted = compact.revision();
      return new CompactResponse(revision());
    }
    if (command instanceof TxnRequest txn && writesTwice(txn)) {
      return new Failure(KvError.DUPLICATE_KEY);
    }
    Transaction transaction = new Transaction();
    try {
      Response response = transaction.run((Operation) command);
      if (transaction.changed) {
        states.add(transaction.now);
      }
      return response;
    } catch (Refused e) {
      return new Failure(e.error);
    }
  }

  private Result apply(LeaseCommand command) {
    return switch (command) {
      case LeaseGrantRequest grant -> {
        if (leases.containsKey(grant.id())) {
          yield new Failure(KvError.LEASE_EXISTS);
        }
        leases.put(grant.id(), new long[] {grant.ttlSeconds(), deadline(grant.ttlSeconds())});
        yield new LeaseGrantResponse(revision());
      }
      case LeaseRevokeRequest revoke -> {
        if (!leases.containsKey(revoke.id())) {
          yield new Failure(KvError.LEASE_NOT_FOUND);
        }
        end(revoke.id());
        yield new LeaseRevokeResponse(revision());
      }
      case LeaseKeepAliveRequest keepAlive -> {
        long[] lease = leases.get(keepAlive.id());
        if (lease == null) {
          yield new Failure(KvError.LEASE_NOT_FOUND);
        }
        lease[1] = deadline(lease[0]);
        yield new LeaseKeepAliveResponse(revision(), lease[0]);
      }
      case AdvanceLeaseClockRequest advance -> {
        if (advance.term() == 1) {
          clock += advance.millis();
          // Those of one deadline go in the order of their ids, as unsigned numbers.
          leases.entrySet().stream()
              .filter(lease -> lease.getValue()[1] <= clock)
              .sorted(
                  Comparator.<Map.Entry<Long, long[]>>comparingLong(lease -> lease.getValue()[1])
                      .thenComparing(Map.Entry::getKey, Long::compareUnsigned))
              .map(Map.Entry::getKey)
              .toList()
              .forEach(this::end);
        }
        yield new AdvanceLeaseClockResponse(revision());
      }
    };
  }

  private long deadline(long ttlSeconds) {
    return clock + 1_000 * ttlSeconds + 1_000;
  }

  private void end(long lease) {
    List<Bytes> doomed = keysOf(lease);
    if (!doomed.isEmpty()) {
      NavigableMap<Bytes, KeyValue> after = new TreeMap<>(states.getLast());
      doomed.forEach(after::remove);
      states.add(after);
    }
    leases.remove(lease);
  }

  /** What a range request answers in the state after some command. */
  RangeResult range(RangeRequest request, long revision, long compacted) {
    if (request.revision() > revision) {
      return new Failure(KvError.FUTURE_REVISION);
    }
    if (request.revision() > 0 && request.revision() < compacted) {
      return new Failure(KvError.COMPACTED);
    }
    long at = request.revision() > 0 ? request.revision() : revision;
    return select(request, states.get((int) at), revision);
  }

  private static RangeResponse select(
      RangeRequest request, NavigableMap<Bytes, KeyValue> state, long revision) {
    List<KeyValue> matches = matches(request.key(), request.rangeEnd(), state);
    int count = matches.size();
    if (request.countOnly()) {
      return new RangeResponse(revision, List.of(), false, count);
    }
    if (request.minModRevision() != 0) {
      matches.removeIf(kv -> kv.modRevision() < request.minModRevision());
    }
    if (request.maxModRevision() != 0) {
      matches.removeIf(kv -> kv.modRevision() > request.maxModRevision());
    }
    if (request.minCreateRevision() != 0) {
      matches.removeIf(kv -> kv.createRevision() < request.minCreateRevision());
    }
    if (request.maxCreateRevision() != 0) {
      matches.removeIf(kv -> kv.createRevision() > request.maxCreateRevision());
    }
    Comparator<KeyValue> order =
        switch (request.sortTarget()) {
          case KEY -> (a, b) -> a.key().compareTo(b.key());
          case VALUE -> (a, b) -> a.value().compareTo(b.value());
          case VERSION -> by(KeyValue::version);
          case CREATE -> by(KeyValue::createRevision);
          case MOD -> by(KeyValue::modRevision);
        };
    matches.sort(
        request.sortOrder() == RangeRequest.SortOrder.DESCEND
            ? (a, b) -> order.compare(b, a)
            : order);
    boolean more = false;
    if (request.limit() > 0 && matches.size() > request.limit()) {
      more = true;
      matches = matches.subList(0, (int) request.limit());
    }
    if (request.keysOnly()) {
      matches = matches.stream().map(ReferenceModel::bare).toList();
    }
    return new RangeResponse(revision, matches, more, count);
  }

  private static Comparator<KeyValue> by(ToLongFunction<KeyValue> number) {
    return (a, b) -> Long.compare(number.applyAsLong(a), number.applyAsLong(b));
  }

  private static KeyValue bare(KeyValue kv) {
    return new KeyValue(
        kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), Bytes.EMPTY, kv.lease());
  }

  private static List<KeyValue> matches(
      Bytes key, Bytes rangeEnd, NavigableMap<Bytes, KeyValue> state) {
    List<KeyValue> matches = new ArrayList<>();
    for (KeyValue kv : state.values()) {
      if (isNamed(kv.key(), key, rangeEnd)) {
        matches.add(kv);
      }
    }
    return matches;
  }

  private static boolean isNamed(Bytes candidate, Bytes key, Bytes rangeEnd) {
    if (rangeEnd.length() == 0) {
      return candidate.equals(key);
    }
    boolean noEnd = rangeEnd.length() == 1 && rangeEnd.array()[0] == 0;
    return candidate.compareTo(key) >= 0 && (noEnd || candidate.compareTo(rangeEnd) < 0);
  }

  /** Whether, on some way through, a key is put that was written before, or deleted after. */
  private static boolean writesTwice(TxnRequest txn) {
    for (List<Operation> way : ways(txn)) {
      for (int i = 0; i < way.size(); i++) {
        for (int j = i + 1; j < way.size(); j++) {
          if (clash(way.get(i), way.get(j)) || clash(way.get(j), way.get(i))) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean clash(Operation a, Operation b) {
    return a instanceof PutRequest put
        && switch (b) {
          case PutRequest other -> other.key().equals(put.key());
          case DeleteRangeRequest delete -> isNamed(put.key(), delete.key(), delete.rangeEnd());
          case RangeRequest range -> false;
          case TxnRequest txn -> throw new AssertionError("ways are flat");
        };
  }

  /** All sequences of operations that carrying out the transaction may amount to. */
  private static List<List<Operation>> ways(TxnRequest txn) {
    List<List<Operation>> ways = new ArrayList<>();
    for (List<Operation> branch : List.of(txn.success(), txn.failure())) {
      List<List<Operation>> waysOfBranch = List.of(List.of());
      for (Operation operation : branch) {
        List<List<Operation>> next = new ArrayList<>();
        List<List<Operation>> tails =
            operation instanceof TxnRequest nested ? ways(nested) : List.of(List.of(operation));
        for (List<Operation> head : waysOfBranch) {
          for (List<Operation> tail : tails) {
            List<Operation> way = new ArrayList<>(head);
            way.addAll(tail);
            next.add(way);
          }
        }
        waysOfBranch = next;
      }
      ways.addAll(waysOfBranch);
    }
    return ways;
  }

  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final KvError error;

    Refused(KvError error) {
      super(error.name(), null, false, false);
      this.error = error;
    }
  }

  /** One command under way, on a copy of the state. */
  private final class Transaction {
    private final NavigableMap<Bytes, KeyValue> before = states.getLast();
    private final NavigableMap<Bytes, KeyValue> now = new TreeMap<>(before);
    private boolean changed;

    Response run(Operation operation) {
      // Puts are looked at before ranges, however they are ordered.
      refusePuts(operation, false);
      refuseRanges(operation);
      return execute(operation);
    }

    private long revision() {
      return ReferenceModel.this.revision() + (changed ? 1 : 0);
    }

    private boolean succeeds(TxnRequest txn) {
      for (Compare compare : txn.compares()) {
        List<KeyValue> kvs = matches(compare.key(), compare.rangeEnd(), before);
        if (kvs.isEmpty()) {
          if (compare.target() == Compare.Target.VALUE || !holds(compare, null)) {
            return false;
          }
        }
        for (KeyValue kv : kvs) {
          if (!holds(compare, kv)) {
            return false;
          }
        }
      }
      return true;
    }

    private static boolean holds(Compare compare, @Nullable KeyValue kv) {
      int order =
          switch (compare.target()) {
            case VERSION -> Long.compare(kv == null ? 0 : kv.version(), compare.number());
            case CREATE -> Long.compare(kv == null ? 0 : kv.createRevision(), compare.number());
            case MOD -> Long.compare(kv == null ? 0 : kv.modRevision(), compare.number());
            case LEASE -> Long.compare(kv == null ? 0 : kv.lease(), compare.number());
            case VALUE -> (kv == null ? Bytes.EMPTY : kv.value()).compareTo(compare.value());
          };
      return switch (compare.operator()) {
        case EQUAL -> order == 0;
        case NOT_EQUAL -> order != 0;
        case GREATER -> order > 0;
        case LESS -> order < 0;
      };
    }

    private List<Operation> branch(TxnRequest txn) {
      return succeeds(txn) ? txn.success() : txn.failure();
    }

    private void refusePuts(Operation operation, boolean inTransaction) {
      if (operation instanceof TxnRequest txn) {
        branch(txn).forEach(inner -> refusePuts(inner, true));
      } else if (operation instanceof PutRequest put) {
        boolean noLease = put.lease() != 0 && !leases.containsKey(put.lease());
        boolean missing =
            (put.ignoreValue() || put.ignoreLease()) && !before.containsKey(put.key());
        if (missing && (inTransaction || !noLease)) {
          throw new Refused(KvError.KEY_NOT_FOUND);
        }
        if (noLease) {
          throw new Refused(KvError.LEASE_NOT_FOUND);
        }
      }
    }

    private void refuseRanges(Operation operation) {
      if (operation instanceof TxnRequest txn) {
        branch(txn).forEach(this::refuseRanges);
      } else if (operation instanceof RangeRequest range
          && range(range, revision(), compacted) instanceof Failure failure) {
        throw new Refused(failure.error());
      }
    }

    private Response execute(Operation operation) {
      return switch (operation) {
        case RangeRequest range ->
            select(
                range, range.revision() > 0 ? states.get((int) range.revision()) : now, revision());
        case PutRequest put -> {
          KeyValue old = now.get(put.key());
          changed = true;
          now.put(
              put.key(),
              new KeyValue(
                  put.key(),
                  old == null ? revision() : old.createRevision(),
                  revision(),
                  old == null ? 1 : old.version() + 1,
                  put.ignoreValue() && old != null ? old.value() : put.value(),
                  put.ignoreLease() && old != null ? old.lease() : put.lease()));
          yield new PutResponse(revision(), put.prevKv() ? old : null);
        }
        case DeleteRangeRequest delete -> {
          List<KeyValue> doomed = matches(delete.key(), delete.rangeEnd(), now);
          doomed.forEach(kv -> now.remove(kv.key()));
          changed |= !doomed.isEmpty();
          yield new DeleteRangeResponse(
              revision(), doomed.size(), delete.prevKv() ? doomed : List.of());
        }
        case TxnRequest txn -> {
          boolean succeeded = succeeds(txn);
          List<Response> responses = new ArrayList<>();
          for (Operation inner : branch(txn)) {
            responses.add(execute(inner));
          }
          yield new TxnResponse(revision(), succeeded, responses);
        }
      };
    }
  }
}
