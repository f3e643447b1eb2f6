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
   * About so many leases and keys go with one advance of the clock. If more are due the rest goes
   * with the next ones, so that no entry holds up the others for long. The keys of one lease go
   * together, however many there are: they make one revision. All members must agree on this.
   */
  static final int ENDED_PER_ADVANCE = 10_000;

  private final MvccBatch batch;
  private final LeaseBatch leases;

  LeaseExecutor(MvccBatch batch) {
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
    if (leases.reader().get(grant.id()) != null) {
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
    end(lease);
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
    for (Lease lease : due) {
      if (ended >= ENDED_PER_ADVANCE) {
        endedBefore = lease.deadlineMillis();
        break;
      }
      batch.beginCommand();
      ended += 1 + end(lease);
    }
    leases.endedBefore(endedBefore);
  }

  /** Ends a lease; how many keys went with it. */
  private int end(Lease lease) {
    List<KeyValue> doomed = new ArrayList<>();
    for (Bytes key : leases.reader().keys(lease.id())) {
      KeyValue kv = batch.reader().get(key, MvccReader.LATEST);
      if (kv == null || kv.lease() != lease.id()) {
        throw Layout.damaged("key " + key + " is not attached to lease " + lease.id());
      }
      doomed.add(kv);
    }
    batch.delete(doomed);
    leases.remove(lease);
    return doomed.size();
  }
}
