package dev.jangada.server.lock;

import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.RequestDeadline;
import dev.jangada.server.lease.Leases;
import dev.jangada.server.watch.WatchHub;
import dev.jangada.server.watch.WatchReceiver;
import dev.jangada.server.watch.Watcher;
import io.grpc.Context;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one client at a time have its turn under a name, in the order in which they came: what locks
 * and elections have in common.
 *
 * <p>A candidate is a key, as in etcd, so that all clients of all versions queue together: the
 * name, a slash and the id of the client's lease in hexadecimal, attached to that lease. Who has
 * the oldest key has the turn, and the key's create revision is the fencing token. Everybody else
 * waits for the deletion of the key just before the own one, so that each deletion wakes one.
 *
 * <p>The wait needs this member only: it reads and watches its own store. That may lag behind, but
 * no key that is older than one it knows can ever appear in it.
 */
public final class CandidateQueue {

  private static final Logger LOG = LoggerFactory.getLogger(CandidateQueue.class);

  /** How long the lease lasts that is made for a client that has none, as in etcd. */
  private static final long SESSION_TTL_SECONDS = 60;

  private final KvStateMachine store;
  private final WatchHub hub;
  private final Proposals proposals;
  private final Leases leases;
  private final ReadPool readPool;
  private final RequestDeadline deadline;

  /** Works on what is given, and closes none of it. */
  public CandidateQueue(
      KvStateMachine store,
      WatchHub hub,
      Proposals proposals,
      Leases leases,
      ReadPool readPool,
      RequestDeadline deadline) {
    this.store = store;
    this.hub = hub;
    this.proposals = proposals;
    this.leases = leases;
    this.readPool = readPool;
    this.deadline = deadline;
  }

  /**
   * A turn that has come.
   *
   * @param key the candidate's
   * @param createRevision of the key: the fencing token
   * @param lease that the key is attached to
   * @param revision the store's when the turn was found to have come
   */
  record Turn(Bytes key, long createRevision, long lease, long revision) {}

  /** The keys of all candidates under a name. */
  static RangeRequest.Builder candidates(Bytes name) {
    // The slash, and as the end what comes after it.
    return RangeRequest.builder(append(name, "/")).rangeEnd(append(name, "0"));
  }

  /** The first in the queue under a name, if there is anybody. */
  static RangeRequest first(Bytes name) {
    return candidates(name)
        .sort(RangeRequest.SortOrder.ASCEND, RangeRequest.SortTarget.CREATE)
        .limit(1)
        .build();
  }

  /** That a key is still the one that was created then. */
  static Compare isCreatedAt(Bytes key, long createRevision) {
    return Compare.number(key, Compare.Target.CREATE, Compare.Operator.EQUAL, createRevision);
  }

  private static Bytes append(Bytes name, String text) {
    byte[] prefix = name.array();
    byte[] suffix = Bytes.utf8(text).array();
    byte[] bytes = new byte[prefix.length + suffix.length];
    System.arraycopy(prefix, 0, bytes, 0, prefix.length);
    System.arraycopy(suffix, 0, bytes, prefix.length, suffix.length);
    return Bytes.wrap(bytes);
  }

  /**
   * Enters the queue, or finds the place that the lease has there already, and waits for the turn.
   * For a request under way on the calling thread: when its client goes away, the place is given
   * up.
   *
   * @param lease 0 to have one made
   * @param value of the key
   * @return done when the turn has come; fails with what the client is to be told
   */
  CompletableFuture<Turn> enter(Bytes name, long lease, Bytes value) {
    Context request = Context.current();
    Proposals own = proposals.ofCaller();
    Caller caller = CallIdentity.currentCaller();
    Duration timeout = deadline.within(request.getDeadline());
    CompletableFuture<Candidate> candidate =
        lease != 0
            ? CompletableFuture.completedFuture(
                new Candidate(own, caller, name, lease, value, false, timeout))
            : CompletableFuture.completedFuture(leases.grant(0, SESSION_TTL_SECONDS))
                .thenCompose(grant ->
                    own.propose(grant, timeout)
                        .thenApply(granted ->
                            new Candidate(own, caller, name, grant.id(), value, true, timeout)));
    return candidate.thenCompose(entered -> entered.run(request));
  }

  /** One key on its way through the queue. */
  private final class Candidate implements WatchReceiver {
    private final Proposals own;
    private final @Nullable Caller caller;
    private final Bytes name;
    private final long lease;
    private final Bytes key;
    private final Bytes value;
    private final boolean ownsLease;
    private final Duration timeout;
    private final CompletableFuture<Turn> turn = new CompletableFuture<>();

    /** The key's; 0 while it is not known. */
    private volatile long createRevision;

    /**
     * Whether the key goes if the turn does not come: because it was made here, or waits. Otherwise
     * the lease may have its turn already, which a request that is given up must not end.
     */
    private volatile boolean goesOnFailure;

    Candidate(
        Proposals own,
        @Nullable Caller caller,
        Bytes name,
        long lease,
        Bytes value,
        boolean ownsLease,
        Duration timeout) {
      this.own = own;
      this.caller = caller;
      this.name = name;
      this.lease = lease;
      // With a sign in front if it is negative, as etcd writes it.
      this.key = append(name, "/" + Long.toString(lease, 16));
      this.value = value;
      this.ownsLease = ownsLease;
      this.timeout = timeout;
    }

    CompletableFuture<Turn> run(Context request) {
      Context.CancellationListener giveUp =
          context -> turn.completeExceptionally(Status.CANCELLED.asRuntimeException());
      CompletableFuture<Turn> outcome =
          turn.whenComplete((come, failure) -> {
            request.removeListener(giveUp);
            hub.removeAll(this);
            if (failure != null && goesOnFailure) {
              leave();
            }
          });
      var unused =
          txn(own, entry(), timeout)
              .thenCompose(this::found)
              .whenComplete((found, failure) -> {
                if (failure != null) {
                  turn.completeExceptionally(failure);
                } else if (!turn.isDone()) {
                  look();
                } else if (goesOnFailure) {
                  // The client may have gone away before there was a key to be given up.
                  leave();
                }
              });
      request.addListener(giveUp, Runnable::run);
      return outcome;
    }

    /** Creates the key unless it exists; tells what it is otherwise. */
    private TxnRequest entry() {
      return new TxnRequest(
          List.of(isCreatedAt(key, 0)),
          List.of(new PutRequest(key, value, lease, false, false, false)),
          List.of(RangeRequest.of(key)));
    }

    /** Notes which key it is; one from before gets the value that is wanted now. */
    private CompletableFuture<TxnResponse> found(TxnResponse response) {
      if (response.succeeded()) {
        goesOnFailure = true;
        createRevision = response.revision();
        return CompletableFuture.completedFuture(response);
      }
      KeyValue existing = ((RangeResponse) response.responses().getFirst()).keyValues().getFirst();
      createRevision = existing.createRevision();
      return existing.value().equals(value)
          ? CompletableFuture.completedFuture(response)
          : txn(
              own,
              new TxnRequest(
                  List.of(isCreatedAt(key, createRevision)),
                  List.of(new PutRequest(key, value, lease, false, false, false)),
                  List.of()),
              timeout);
    }

    /** Finds out whose turn it is, on a thread that may read. */
    private void look() {
      try {
        readPool.execute(() -> {
          try {
            findPredecessor();
          } catch (RuntimeException e) {
            turn.completeExceptionally(e);
          }
        });
      } catch (RejectedExecutionException e) {
        turn.completeExceptionally(EtcdError.TOO_MANY_REQUESTS.exception());
      }
    }

    private void findPredecessor() {
      RangeResponse before =
          read(
              caller,
              candidates(name)
                  .createRevisions(0, createRevision - 1)
                  .sort(RangeRequest.SortOrder.DESCEND, RangeRequest.SortTarget.CREATE)
                  .keysOnly(true)
                  .limit(1)
                  .build());
      if (!before.keyValues().isEmpty()) {
        awaitDeletion(before.keyValues().getFirst().key(), before.revision());
        return;
      }
      RangeResponse own = read(caller, RangeRequest.of(key));
      boolean exists =
          !own.keyValues().isEmpty()
              && own.keyValues().getFirst().createRevision() == createRevision;
      if (exists) {
        turn.complete(new Turn(key, createRevision, lease, own.revision()));
      } else {
        turn.completeExceptionally(ConcurrencyError.SESSION_EXPIRED.exception());
      }
    }

    private void awaitDeletion(Bytes predecessor, long revision) {
      goesOnFailure = true;
      Watcher watcher =
          new Watcher(
              0, KeyRange.of(predecessor, Bytes.EMPTY), revision + 1, false, true, false, this);
      boolean accepted =
          hub.execute(() -> {
            if (!turn.isDone()) {
              hub.add(watcher);
            }
          });
      if (!accepted) {
        stopped();
      }
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void deliver(Watcher watcher, long revision, List<KeyEvent> events) {
      hub.remove(watcher);
      look();
    }

    @Override
    public void deliverProgress(Watcher watcher, long revision) {}

    @Override
    public void compacted(Watcher watcher, long compactedRevision) {
      look();
    }

    @Override
    public void stopped() {
      turn.completeExceptionally(EtcdError.STOPPED.exception());
    }

    /** Gives up the place. If that fails the end of the lease does it. */
    private void leave() {
      var unused =
          own.propose(
                  ownsLease
                      ? new LeaseRevokeRequest(lease)
                      : new TxnRequest(
                          List.of(isCreatedAt(key, createRevision)),
                          List.of(DeleteRangeRequest.of(key)),
                          List.of()),
                  deadline.within(null))
              .whenComplete((left, failure) -> {
                if (failure != null) {
                  LOG.debug("key {} stays until its lease ends", key, failure);
                }
              });
    }
  }

  /** Has a transaction carried out; an unknown lease is told in the words of this API. */
  CompletableFuture<TxnResponse> txn(TxnRequest request, Duration timeout) {
    return txn(proposals, request, timeout);
  }

  private static CompletableFuture<TxnResponse> txn(
      Proposals by, TxnRequest request, Duration timeout) {
    return by.submit(request, timeout)
        .thenApply(result ->
            switch (result) {
              case TxnResponse response -> response;
              case Failure(KvError error) when error == KvError.LEASE_NOT_FOUND ->
                  throw ConcurrencyError.LEASE_NOT_FOUND.exception();
              case Failure(KvError error) -> throw EtcdError.of(error).exception();
              default -> throw new IllegalStateException("a transaction answered by " + result);
            });
  }

  private RangeResponse read(@Nullable Caller caller, RangeRequest request) {
    return switch (store.range(request, caller)) {
      case RangeResponse response -> response;
      case Failure failure -> throw EtcdError.of(failure.error()).exception();
    };
  }
}
