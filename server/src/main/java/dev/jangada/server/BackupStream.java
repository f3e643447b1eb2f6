package dev.jangada.server;

import com.google.protobuf.UnsafeByteOperations;
import dev.jangada.etcd.api.etcdserverpb.SnapshotResponse;
import dev.jangada.kv.KvBackup;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.ReadPool;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backup on its way to a client: as fast as the client takes it and no faster, read on the {@link
 * ReadPool} a few pieces at a time, so that neither a slow client nor a large store keeps one of
 * its threads.
 */
final class BackupStream {

  private static final Logger LOG = LoggerFactory.getLogger(BackupStream.class);

  /** So much is read before others have their turn. */
  private static final int BYTES_PER_TURN = 1 << 20;

  private final KvStateMachine store;
  private final ReadPool readPool;
  private final Headers headers;
  private final ServerCallStreamObserver<SnapshotResponse> client;

  /** Whether a turn is due or under way. Guarded by this. */
  private boolean scheduled;

  /** Guarded by this. */
  private boolean ended;

  private @Nullable KvBackup backup;

  /** What is to be sent next, null at the end. */
  private byte @Nullable [] next;

  private long sentBytes;

  /** To be created by the thread that is handed the request, before it returns. */
  BackupStream(
      KvStateMachine store,
      ReadPool readPool,
      Headers headers,
      ServerCallStreamObserver<SnapshotResponse> client) {
    this.store = store;
    this.readPool = readPool;
    this.headers = headers;
    this.client = client;
    client.setOnCancelHandler(this::schedule);
    client.setOnReadyHandler(this::schedule);
  }

  /** Has a turn taken, unless one is. */
  private void schedule() {
    synchronized (this) {
      if (scheduled || ended) {
        return;
      }
      scheduled = true;
    }
    try {
      readPool.execute(this::takeTurn);
    } catch (RejectedExecutionException e) {
      end();
      client.onError(EtcdError.TOO_MANY_REQUESTS.exception());
    }
  }

  private void takeTurn() {
    try {
      send();
    } catch (RuntimeException e) {
      end();
      // The store was closed, or replaced, under the backup; or it cannot be read.
      LOG.warn("A backup was given up after {} bytes: {}", sentBytes, e.getMessage());
      client.onError(
          Status.UNAVAILABLE
              .withDescription("etcdserver: the backup cannot go on: " + e.getMessage())
              .asRuntimeException());
      return;
    }
    synchronized (this) {
      scheduled = false;
    }
    // Only now: what the client said while this turn was under way has been dropped.
    if (client.isReady() || client.isCancelled()) {
      schedule();
    }
  }

  /** Sends some of it. */
  private void send() {
    if (client.isCancelled()) {
      end();
      return;
    }
    KvBackup from = backup;
    if (from == null) {
      from = store.backup();
      backup = from;
      next = from.next();
      LOG.info("A backup begins: revision {}", from.revision());
    }
    for (long turnEnd = sentBytes + BYTES_PER_TURN; sentBytes < turnEnd && client.isReady(); ) {
      byte[] piece = next;
      if (piece == null) {
        LOG.info("A backup is complete: revision {}, {} bytes", from.revision(), sentBytes);
        end();
        client.onCompleted();
        return;
      }
      next = from.next();
      sentBytes += piece.length;
      client.onNext(
          SnapshotResponse.newBuilder()
              .setHeader(headers.at(from.revision()))
              // Nobody knows before the end; 1 stands for "more".
              .setRemainingBytes(next == null ? 0 : Math.max(1, from.estimatedBytes() - sentBytes))
              .setVersion(MaintenanceService.API_VERSION)
              .setBlob(UnsafeByteOperations.unsafeWrap(piece))
              .build());
    }
  }

  private void end() {
    synchronized (this) {
      ended = true;
    }
    KvBackup open = backup;
    if (open != null) {
      open.close();
    }
  }
}
