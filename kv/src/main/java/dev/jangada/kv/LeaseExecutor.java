package dev.jangada.kv;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.AdvanceLeaseClockResponse;
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
import dev.jangada.kv.command.Result;
import java.util.ArrayList;
import java.util.List;

/** Carries out what concerns leases, on a {@link MvccBatch}: see {@link LeaseCommand}. */
final class LeaseExecutor {

  /**
   * After how many leases and keys the rest of what is due waits for the next advance of the clock,
   * so that no entry holds up the others for long. All members must agree on this.
   */
  static final int ENDED_PER_ADVANCE = 10_000;

  /**
   * Which part of what a command may take the keys of leases may that end with it. They go
   * together, and make one revision, if they need no more; otherwise the rest goes with the next
   * advances. Nobody could be told that a lease does not end.
   */
  private static final int PART = 16;

  private final MvccBatch batch;
  private final LeaseBatch leases;
  private final long maxBytes;

  /**
   * For the commands of a batch.
   *
   * @param maxCommandBytes how much memory a command may take, see {@link WorkLimit}
   */
  LeaseExecutor(MvccBatch batch, long maxCommandBytes) {
    this.maxBytes = maxCommandBytes / PART;
    this.batch = batch;
    this.leases = batch.leases();
  }

  /**
   * Carries out a command.
   *
   * @param term of the entry that holds it
   */
  Result execute(LeaseCommand command, long term) {
    return switch (command) {
      case LeaseGrantRequest grant -> grant(grant);
      case LeaseRevokeRequest revoke -> revoke(revoke);
      case LeaseKeepAliveRequest keepAlive -> keepAlive(keepAlive);
      case AdvanceLeaseClockRequest advance -> {
        if (advance.term() == term) {
          leases.advance(advance.millis());
          endDueLeases();
        }
        yield new AdvanceLeaseClockResponse(batch.revision());
      }
    };
  }

  private Result grant(LeaseGrantRequest grant) {
    if (leases.reader().isTaken(grant.id())) {
      return new Failure(KvError.LEASE_EXISTS);
    }
    leases.grant(grant.id(), grant.ttlSeconds());
    return new LeaseGrantResponse(batch.revision());
  }

  private Result revoke(LeaseRevokeRequest revoke) {
    Lease lease = leases.reader().get(revoke.id());
    if (lease == null) {
      return new Failure(KvError.LEASE_NOT_FOUND);
    }
    var unused = end(lease, new WorkLimit(maxBytes));
    return new LeaseRevokeResponse(batch.revision());
  }

  private Result keepAlive(LeaseKeepAliveRequest keepAlive) {
    Lease lease = leases.reader().get(keepAlive.id());
    if (lease == null) {
      return new Failure(KvError.LEASE_NOT_FOUND);
    }
    leases.renew(lease);
    return new LeaseKeepAliveResponse(batch.revision(), lease.ttlSeconds());
  }

  private void endDueLeases() {
    long future = leases.clockMillis() + 1;
    List<Lease> due =
        leases.reader().byDeadline(leases.endedMillis(), future, ENDED_PER_ADVANCE + 1);
    long endedBefore = future;
    int ended = 0;
    WorkLimit limit = new WorkLimit(maxBytes);
    for (Lease lease : due) {
      if (ended >= ENDED_PER_ADVANCE) {
        endedBefore = lease.deadlineMillis();
        break;
      }
      batch.beginCommand();
      int keys = end(lease, limit);
      if (keys < 0) {
        endedBefore = lease.deadlineMillis();
        break;
      }
      ended += 1 + keys;
    }
    leases.endedBefore(endedBefore);
  }

  /**
   * Ends a lease: for everybody, but what its last keys need may be more than there is.
   *
   * @return how many keys went with it; -1 if some are left
   */
  private int end(Lease lease, WorkLimit limit) {
    List<KeyValue> doomed = new ArrayList<>();
    for (Bytes key : leases.reader().keys(lease.id())) {
      KeyValue kv = batch.reader().get(key, MvccReader.LATEST);
      if (kv == null || kv.lease() != lease.id()) {
        throw Layout.damaged("key " + key + " is not attached to lease " + lease.id());
      }
      if (!limit.takeDeletion(kv, false)) {
        if (doomed.isEmpty() && limit.isUntouched()) {
          // However large it is, it has to go.
          doomed.add(kv);
        }
        batch.delete(doomed);
        leases.leaveRest(lease);
        return -1;
      }
      doomed.add(kv);
    }
    batch.delete(doomed);
    leases.remove(lease);
    return doomed.size();
  }
}
