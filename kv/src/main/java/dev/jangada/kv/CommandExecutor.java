package dev.jangada.kv;

import dev.jangada.kv.auth.Authorizer;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.ChangeAlarmRequest;
import dev.jangada.kv.command.ChangeAlarmResponse;
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
import dev.jangada.kv.command.MemberRequest;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PublishMemberRequest;
import dev.jangada.kv.command.PublishMemberResponse;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.Response;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.SpaceCost;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Carries out commands on a {@link MvccBatch}. A command that is refused has changed nothing:
 * everything that can be said against it is found before its first write. For a transaction that
 * means to choose its branches, then to check all that is in them, then to carry it out.
 */
final class CommandExecutor {

  private final MvccBatch batch;
  private final LeaseExecutor leases;
  private final long maxCommandBytes;

  /**
   * Creates one for a batch.
   *
   * @param maxCommandBytes how much memory a command may take, see {@link WorkLimit}
   */
  CommandExecutor(MvccBatch batch, long maxCommandBytes) {
    this.batch = batch;
    this.leases = new LeaseExecutor(batch, maxCommandBytes);
    this.maxCommandBytes = maxCommandBytes;
  }

  /**
   * Carries out a command.
   *
   * @param term of the entry that holds it
   */
  Result execute(Command command, long term) {
    batch.beginCommand();
    Command bare = AuthenticatedRequest.bare(command);
    Optional<KvError> refusal = checkPermission(command, bare).or(() -> checkAlarms(bare));
    return refusal.isPresent() ? new Failure(refusal.get()) : carryOut(bare, term);
  }

  private Optional<KvError> checkPermission(Command command, Command bare) {
    if (command instanceof MemberRequest) {
      return Optional.empty();
    }
    Authorizer authorizer = new Authorizer(batch.auth().state(), batch.leases().reader()::keys);
    return authorizer.check(AuthenticatedRequest.callerOf(command), bare);
  }

  /** What the state of the cluster forbids, whoever wants it. */
  private Optional<KvError> checkAlarms(Command command) {
    AlarmBatch alarms = batch.alarms();
    if (alarms.isRaised(AlarmType.CORRUPT) && changesData(command)) {
      return Optional.of(KvError.CORRUPT);
    }
    return alarms.isRaised(AlarmType.NOSPACE) && SpaceCost.of(command) > 0
        ? Optional.of(KvError.NO_SPACE)
        : Optional.empty();
  }

  private static boolean changesData(Command command) {
    return switch (command) {
      case Operation operation -> true;
      case CompactRequest compact -> true;
      case LeaseCommand lease -> true;
      case PublishMemberRequest publish -> false;
      case ChangeAlarmRequest change -> false;
      case AuthCommand auth -> false;
      case AuthenticatedRequest inner -> changesData(inner.command());
      case MemberRequest inner -> changesData(inner.command());
    };
  }

  private Result carryOut(Command command, long term) {
    return switch (command) {
      case PutRequest put -> {
        Optional<KvError> error = checkLease(put).or(() -> checkKept(put));
        yield error.isPresent() ? new Failure(error.get()) : put(put);
      }
      case DeleteRangeRequest delete -> {
        List<KeyValue> doomed = new ArrayList<>();
        yield find(delete, new WorkLimit(maxCommandBytes), doomed)
            ? delete(delete, doomed)
            : new Failure(KvError.TOO_MUCH_AT_ONCE);
      }
      case TxnRequest txn -> {
        WorkLimit limit = new WorkLimit(maxCommandBytes);
        yield txn(txn, limit, limit.forAnswers());
      }
      case CompactRequest compact -> compact(compact);
      case PublishMemberRequest publish -> {
        batch.putMember(publish.member());
        yield new PublishMemberResponse(batch.revision());
      }
      case ChangeAlarmRequest change ->
          new ChangeAlarmResponse(batch.revision(), batch.alarms().change(change));
      case LeaseCommand lease -> leases.execute(lease, term);
      case AuthCommand auth -> new AuthExecutor(batch).execute(auth);
      case AuthenticatedRequest inner -> throw new IllegalArgumentException("a second caller");
      case MemberRequest inner -> throw new IllegalArgumentException("a second member");
    };
  }

  /**
   * A transaction whose branch has been chosen.
   *
   * @param steps the operations of that branch, in order
   */
  private record Chosen(boolean succeeded, List<Step> steps) {

    /** Appends the operations to be carried out, those of nested transactions in their place. */
    void addOperationsTo(List<Operation> operations) {
      for (Step step : steps) {
        if (step.nested() == null) {
          operations.add(step.operation());
        } else {
          step.nested().addOperationsTo(operations);
        }
      }
    }
  }

  /**
   * One operation of a branch.
   *
   * @param nested what was chosen, if the operation is a transaction; else null
   */
  private record Step(Operation operation, @Nullable Chosen nested) {}

  /**
   * Carries out a transaction that changes nothing.
   *
   * @param budget what its ranges are reckoned against
   */
  Result read(TxnRequest txn, ReadBudget budget) {
    return txn(txn, new WorkLimit(0), budget);
  }

  private Result txn(TxnRequest txn, WorkLimit deletions, ReadBudget answers) {
    if (txn.mayWriteKeyTwice()) {
      return new Failure(KvError.DUPLICATE_KEY);
    }
    Chosen chosen = choose(txn);
    List<Operation> operations = new ArrayList<>();
    chosen.addOperationsTo(operations);
    Optional<KvError> error = firstError(operations);
    if (error.isPresent()) {
      return new Failure(error.get());
    }
    for (Operation operation : operations) {
      if (!fits(operation, deletions, answers)) {
        return new Failure(KvError.TOO_MUCH_AT_ONCE);
      }
    }
    return execute(chosen);
  }

  /**
   * Of several errors the one that clients know from etcd: that of a put before that of a range,
   * and of one put the missing key before the missing lease, other than outside of a transaction.
   */
  private Optional<KvError> firstError(List<Operation> operations) {
    for (Operation operation : operations) {
      Optional<KvError> error = checkIfPut(operation);
      if (error.isPresent()) {
        return error;
      }
    }
    for (Operation operation : operations) {
      Optional<KvError> error = checkIfRange(operation);
      if (error.isPresent()) {
        return error;
      }
    }
    return Optional.empty();
  }

  /**
   * Whether there is memory for an operation of a transaction, by what there is before the first of
   * them: what they put is no more than the request holds. Single keys are not worth looking up.
   */
  private boolean fits(Operation operation, WorkLimit deletions, ReadBudget answers) {
    return switch (operation) {
      case RangeRequest range ->
          range.rangeEnd().isEmpty()
              || RangeReader.read(batch.reader(), range, batch.revision(), answers)
                  instanceof RangeResponse;
      case DeleteRangeRequest delete ->
          delete.rangeEnd().isEmpty() || find(delete, deletions, new ArrayList<>());
      case PutRequest put -> true;
      case TxnRequest txn -> throw new IllegalStateException("its branch has not been chosen");
    };
  }

  private Chosen choose(TxnRequest txn) {
    boolean succeeded = holdAll(txn.compares());
    List<Step> steps = new ArrayList<>();
    for (Operation operation : succeeded ? txn.success() : txn.failure()) {
      steps.add(new Step(operation, operation instanceof TxnRequest inner ? choose(inner) : null));
    }
    return new Chosen(succeeded, steps);
  }

  private boolean holdAll(List<Compare> compares) {
    for (Compare compare : compares) {
      if (!holds(compare)) {
        return false;
      }
    }
    return true;
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

  private Optional<KvError> checkIfPut(Operation operation) {
    return operation instanceof PutRequest put
        ? checkKept(put).or(() -> checkLease(put))
        : Optional.empty();
  }

  private Optional<KvError> checkIfRange(Operation operation) {
    return operation instanceof RangeRequest range
        ? RangeReader.checkRevision(range.revision(), batch.revision(), batch.compactedRevision())
        : Optional.empty();
  }

  private TxnResponse execute(Chosen chosen) {
    List<Response> responses = new ArrayList<>();
    for (Step step : chosen.steps()) {
      responses.add(step.nested() != null ? execute(step.nested()) : execute(step.operation()));
    }
    return new TxnResponse(batch.revision(), chosen.succeeded(), responses);
  }

  private Response execute(Operation operation) {
    return switch (operation) {
      case RangeRequest range ->
          (RangeResponse)
              RangeReader.read(batch.reader(), range, batch.revision(), ReadBudget.UNLIMITED);
      case PutRequest put -> put(put);
      case DeleteRangeRequest delete -> {
        List<KeyValue> doomed = new ArrayList<>();
        find(delete, new WorkLimit(Long.MAX_VALUE), doomed);
        yield delete(delete, doomed);
      }
      case TxnRequest txn -> throw new IllegalStateException("its branch has not been chosen");
    };
  }

  private Optional<KvError> checkLease(PutRequest put) {
    return put.lease() != 0 && batch.leases().reader().get(put.lease()) == null
        ? Optional.of(KvError.LEASE_NOT_FOUND)
        : Optional.empty();
  }

  private Optional<KvError> checkKept(PutRequest put) {
    return (put.ignoreValue() || put.ignoreLease())
            && batch.reader().get(put.key(), MvccReader.LATEST) == null
        ? Optional.of(KvError.KEY_NOT_FOUND)
        : Optional.empty();
  }

  private PutResponse put(PutRequest put) {
    KeyValue previous = batch.reader().get(put.key(), MvccReader.LATEST);
    Bytes value = put.ignoreValue() && previous != null ? previous.value() : put.value();
    long lease = put.ignoreLease() && previous != null ? previous.lease() : put.lease();
    batch.put(put.key(), value, lease, previous);
    return new PutResponse(batch.revision(), put.prevKv() ? previous : null);
  }

  /**
   * Finds what is to be deleted.
   *
   * @param doomed gets the keys
   * @return false if it is more than the limit allows
   */
  private boolean find(DeleteRangeRequest delete, WorkLimit limit, List<KeyValue> doomed) {
    if (delete.rangeEnd().isEmpty()) {
      KeyValue kv = batch.reader().get(delete.key(), MvccReader.LATEST);
      if (kv != null) {
        doomed.add(kv);
      }
    } else {
      try (MvccReader.VersionCursor cursor =
          batch.reader().cursor(delete.keys(), MvccReader.LATEST)) {
        while (cursor.next()) {
          KeyValue kv = cursor.current();
          if (!limit.takeDeletion(kv, delete.prevKv())) {
            return false;
          }
          doomed.add(kv);
        }
      }
    }
    return true;
  }

  private DeleteRangeResponse delete(DeleteRangeRequest delete, List<KeyValue> doomed) {
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
