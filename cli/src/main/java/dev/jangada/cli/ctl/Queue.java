package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.Compare;
import dev.jangada.etcd.api.etcdserverpb.Compare.CompareTarget;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest.SortOrder;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest.SortTarget;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.etcdserverpb.TxnResponse;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.mvccpb.Event;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Those who want the same lock, or to lead, in the order of their coming: each has a key {@code
 * NAME/LEASE}, and it is the turn of whose key was created first. All clients of etcd that take
 * locks do it this way, so they exclude each other, whichever they are.
 */
final class Queue {

  private static final Duration GLANCE = Duration.ofMillis(500);

  private final Connection connection;
  private final ByteString prefix;

  Queue(Connection connection, String name) {
    this.connection = connection;
    this.prefix = ByteString.copyFromUtf8(name + "/");
  }

  /**
   * A place in the queue.
   *
   * @param revision when it was taken. It grows from holder to holder: whoever guards what the lock
   *     protects can refuse those that come with an older one
   */
  record Place(ByteString key, long revision) {}

  /**
   * Takes a place and waits for its turn.
   *
   * @param value what the others can read there
   * @throws CtlException if the session ends before
   */
  Place await(Session session, String value) throws InterruptedException {
    ByteString key = prefix.concat(ByteString.copyFromUtf8(Long.toHexString(session.lease())));
    TxnResponse taken =
        connection.call(
            KVGrpc.getTxnMethod(),
            TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder().setKey(key).setTarget(CompareTarget.CREATE))
                .addSuccess(
                    RequestOp.newBuilder()
                        .setRequestPut(
                            PutRequest.newBuilder()
                                .setKey(key)
                                .setValue(ByteString.copyFromUtf8(value))
                                .setLease(session.lease())))
                .build());
    if (!taken.getSucceeded()) {
      throw new CtlException(
          CtlException.Kind.FAILURE, key.toStringUtf8() + " exists, though its lease is new");
    }
    Place place = new Place(key, taken.getHeader().getRevision());
    for (RangeResponse before = lastBefore(place);
        before.getKvsCount() > 0;
        before = lastBefore(place)) {
      awaitDeletion(session, before);
    }
    requireAlive(session);
    return place;
  }

  /** Who came just before. */
  private RangeResponse lastBefore(Place place) {
    return connection.read(
        KVGrpc.getRangeMethod(),
        all(SortOrder.DESCEND).setMaxCreateRevision(place.revision() - 1).build());
  }

  private RangeRequest.Builder all(SortOrder order) {
    return RangeRequest.newBuilder()
        .setKey(prefix)
        .setRangeEnd(KeyRange.endOfPrefix(prefix))
        .setSortTarget(SortTarget.CREATE)
        .setSortOrder(order)
        .setLimit(1);
  }

  /** Returns when that key may be gone. */
  private void awaitDeletion(Session session, RangeResponse before) throws InterruptedException {
    ByteString key = before.getKvs(0).getKey();
    try (MessageStream<WatchRequest, WatchResponse> events =
        watch(new KeyRange(key, ByteString.EMPTY), before.getHeader().getRevision() + 1)) {
      while (true) {
        WatchResponse response = next(events, session);
        if (response == null
            || response.getCanceled()
            || response.getEventsList().stream()
                .anyMatch(event -> event.getType() == Event.EventType.DELETE)) {
          return;
        }
      }
    }
  }

  private MessageStream<WatchRequest, WatchResponse> watch(KeyRange range, long revision) {
    return connection.stream(WatchGrpc.getWatchMethod(), true)
        .send(
            WatchRequest.newBuilder()
                .setCreateRequest(
                    WatchCreateRequest.newBuilder()
                        .setKey(range.key())
                        .setRangeEnd(range.end())
                        .setStartRevision(revision))
                .build());
  }

  /** The next response; null if the stream is lost, and to be looked at anew. */
  private @Nullable WatchResponse next(
      MessageStream<WatchRequest, WatchResponse> events, @Nullable Session session)
      throws InterruptedException {
    try {
      while (true) {
        WatchResponse response = events.next(GLANCE);
        if (response != null) {
          return response;
        }
        if (session != null) {
          requireAlive(session);
        }
      }
    } catch (StatusRuntimeException e) {
      if (!Connection.isTransient(e)) {
        throw new CtlException(
            CtlException.Kind.FAILURE, connection.describe(WatchGrpc.getWatchMethod(), e));
      }
      connection.leave();
      return null;
    }
  }

  private static void requireAlive(Session session) {
    if (!session.isAlive()) {
      throw new CtlException(CtlException.Kind.FAILURE, "session expired");
    }
  }

  /** What is stored at a place; empty if it is lost. */
  RangeResponse at(Place place) {
    return connection.read(
        KVGrpc.getRangeMethod(), RangeRequest.newBuilder().setKey(place.key()).build());
  }

  /** Told each time somebody else has the turn, or has something new to say. */
  interface Observer {
    /** Who it is: one key, with the header of the moment. */
    void turn(RangeResponse holder);
  }

  /** Observes until it is interrupted. */
  void observe(Observer observer) throws InterruptedException {
    long told = 0;
    while (true) {
      RangeResponse now = connection.read(KVGrpc.getRangeMethod(), all(SortOrder.ASCEND).build());
      told = tell(observer, now, told);
      try (MessageStream<WatchRequest, WatchResponse> events =
          watch(
              new KeyRange(prefix, KeyRange.endOfPrefix(prefix)),
              now.getHeader().getRevision() + 1)) {
        WatchResponse response = next(events, null);
        while (response != null && !response.getCanceled()) {
          for (long revision : revisions(response)) {
            told = tell(observer, holderAt(revision), told);
          }
          response = next(events, null);
        }
      }
    }
  }

  private static List<Long> revisions(WatchResponse response) {
    return response.getEventsList().stream()
        .map(event -> event.getKv().getModRevision())
        .distinct()
        .toList();
  }

  private RangeResponse holderAt(long revision) {
    return connection.read(
        KVGrpc.getRangeMethod(), all(SortOrder.ASCEND).setRevision(revision).build());
  }

  /** Tells what is new; returns the revision of what was told last. */
  private static long tell(Observer observer, RangeResponse response, long told) {
    if (response.getKvsCount() == 0 || response.getKvs(0).getModRevision() == told) {
      return told;
    }
    observer.turn(
        RangeResponse.newBuilder()
            .setHeader(response.getHeader())
            .addKvs(response.getKvs(0))
            .build());
    return response.getKvs(0).getModRevision();
  }
}
