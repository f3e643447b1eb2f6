package dev.jangada.server.watch;

import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest.FilterType;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.mvccpb.Event;
import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Responses;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client's stream of watches.
 *
 * <p>What the client asks is handed to the hub's thread, which does everything else: so answers and
 * events leave in an order in which they make sense, and nothing here needs a lock. A client that
 * does not read is asked for no more requests and sent no more events until it does.
 */
final class WatchStream implements StreamObserver<WatchRequest>, WatchReceiver {

  /** In answers that concern no watch, or one that was refused. */
  private static final long NO_WATCH = -1;

  private static final Bytes ZERO_BYTE = Bytes.wrap(new byte[1]);

  private final WatchHub hub;
  private final KvStateMachine store;
  private final Headers headers;
  private final int maxResponseBytes;
  private final CallIdentity identity;
  private final ServerCallStreamObserver<WatchResponse> client;

  /** A request has been dealt with and the next one not been asked for. */
  private final AtomicBoolean owesRequest = new AtomicBoolean();

  // The hub's thread's own from here on.

  private final Map<Long, Watch> watches = new HashMap<>();
  private long nextId;
  private boolean ended;

  /** As of when all watches here have been allowed. */
  private long allowedAuthRevision;

  private record Watch(Watcher watcher, KeyRange keys, boolean prevKv, boolean fragment) {}

  WatchStream(
      WatchHub hub,
      KvStateMachine store,
      Headers headers,
      int maxResponseBytes,
      CallIdentity identity,
      ServerCallStreamObserver<WatchResponse> client) {
    this.hub = hub;
    this.store = store;
    this.headers = headers;
    this.maxResponseBytes = maxResponseBytes;
    this.identity = identity;
    this.client = client;
    client.disableAutoRequest();
    client.setOnReadyHandler(this::ready);
    client.setOnCancelHandler(this::gone);
    client.request(1);
  }

  // ---------------------------------------------------------------------------------------------
  // The threads that serve connections
  // ---------------------------------------------------------------------------------------------

  @Override
  public void onNext(WatchRequest request) {
    boolean accepted =
        hub.execute(() -> {
          if (!ended) {
            handle(request);
            owesRequest.set(true);
            askForMore();
          }
        });
    if (!accepted) {
      client.onError(EtcdError.STOPPED.exception());
    }
  }

  @Override
  public void onError(Throwable failure) {
    gone();
  }

  @Override
  public void onCompleted() {
    gone();
    var unused =
        hub.execute(() -> {
          if (!ended) {
            ended = true;
            client.onCompleted();
          }
        });
  }

  private void gone() {
    hub.removeAll(this);
  }

  private void ready() {
    askForMore();
    hub.resume(this);
  }

  private void askForMore() {
    if (client.isReady() && owesRequest.compareAndSet(true, false)) {
      client.request(1);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The hub's thread
  // ---------------------------------------------------------------------------------------------

  private void handle(WatchRequest request) {
    switch (request.getRequestUnionCase()) {
      case CREATE_REQUEST -> create(request.getCreateRequest());
      case CANCEL_REQUEST -> cancel(request.getCancelRequest().getWatchId());
      case PROGRESS_REQUEST ->
          hub.progress(this, revision -> client.onNext(response(NO_WATCH, revision).build()));
      case REQUESTUNION_NOT_SET -> {
        // Nothing was asked.
      }
    }
  }

  private void create(WatchCreateRequest request) {
    KeyRange keys = keys(request);
    EtcdError refusal = refusal(store.auth(), keys);
    if (refusal != null) {
      refuse(cancelReason(refusal));
      return;
    }
    if (keys.isEmpty()) {
      refuse("mvcc: watcher range is empty");
      return;
    }
    if (request.getWatchId() != 0 && watches.containsKey(request.getWatchId())) {
      refuse("mvcc: duplicate watch ID provided on the WatchStream");
      return;
    }
    long revision = store.revision();
    Watcher watcher =
        new Watcher(
            request.getWatchId() == 0 ? unusedId() : request.getWatchId(),
            keys,
            request.getStartRevision() > 0 ? request.getStartRevision() : revision + 1,
            !request.getFiltersList().contains(FilterType.NOPUT),
            !request.getFiltersList().contains(FilterType.NODELETE),
            request.getProgressNotify(),
            this);
    watches.put(watcher.id(), new Watch(watcher, keys, request.getPrevKv(), request.getFragment()));
    client.onNext(response(watcher.id(), revision).setCreated(true).build());
    hub.add(watcher);
  }

  /** Why the caller may not watch keys; null if he may. */
  private @Nullable EtcdError refusal(AuthState auth, KeyRange keys) {
    EtcdError general = identity.refusal();
    if (general != null && auth.enabled()) {
      return general;
    }
    return auth.checkRead(identity.caller(), keys).map(EtcdError::of).orElse(null);
  }

  /** As etcd's own parts would tell each other. */
  private static String cancelReason(EtcdError error) {
    // The name of the code in Go, which is what clients look for.
    String code =
        switch (error.status().getCode()) {
          case PERMISSION_DENIED -> "PermissionDenied";
          case UNAUTHENTICATED -> "Unauthenticated";
          default -> "InvalidArgument";
        };
    return "rpc error: code = %s desc = %s".formatted(code, error.text());
  }

  /**
   * Ends the watches that the caller may not have any more. One that has something to tell is
   * looked at before, so nothing is told that happened after.
   */
  @Override
  public void accessChanged() {
    AuthState auth = store.auth();
    for (Watch watch : List.copyOf(watches.values())) {
      endUnlessAllowed(watch, auth);
    }
    allowedAuthRevision = auth.revision();
  }

  private boolean endUnlessAllowed(Watch watch, AuthState auth) {
    EtcdError refusal = refusal(auth, watch.keys());
    if (refusal == null) {
      return false;
    }
    long id = watch.watcher().id();
    watches.remove(id);
    client.onNext(
        response(id, store.revision())
            .setCanceled(true)
            .setCancelReason(cancelReason(refusal))
            .build());
    hub.remove(watch.watcher());
    return true;
  }

  private static KeyRange keys(WatchCreateRequest request) {
    Bytes key = Bytes.wrap(request.getKey().toByteArray());
    return KeyRange.of(
        key.isEmpty() ? ZERO_BYTE : key, Bytes.wrap(request.getRangeEnd().toByteArray()));
  }

  private long unusedId() {
    while (watches.containsKey(nextId)) {
      nextId++;
    }
    return nextId++;
  }

  private void refuse(String reason) {
    client.onNext(
        response(NO_WATCH, store.revision())
            .setCreated(true)
            .setCanceled(true)
            .setCancelReason(reason)
            .build());
  }

  private void cancel(long id) {
    Watch watch = watches.remove(id);
    if (watch != null) {
      client.onNext(response(id, store.revision()).setCanceled(true).build());
      hub.remove(watch.watcher());
    }
  }

  @Override
  public boolean isReady() {
    return client.isReady();
  }

  @Override
  public void deliver(Watcher watcher, long revision, List<KeyEvent> events) {
    Watch watch = watches.get(watcher.id());
    if (watch == null) {
      return;
    }
    AuthState auth = store.auth();
    if (auth.revision() != allowedAuthRevision && endUnlessAllowed(watch, auth)) {
      return;
    }
    List<Event> encoded = new ArrayList<>(events.size());
    for (KeyEvent event : events) {
      encoded.add(event(event, watch.prevKv()));
    }
    if (watch.fragment()) {
      deliverInFragments(watcher, revision, encoded);
    } else {
      client.onNext(response(watcher.id(), revision).addAllEvents(encoded).build());
    }
  }

  private void deliverInFragments(Watcher watcher, long revision, List<Event> events) {
    WatchResponse.Builder fragment = response(watcher.id(), revision);
    long size = 0;
    for (Event event : events) {
      size += event.getSerializedSize();
      if (size > maxResponseBytes && fragment.getEventsCount() > 0) {
        client.onNext(fragment.setFragment(true).build());
        fragment = response(watcher.id(), revision);
        size = event.getSerializedSize();
      }
      fragment.addEvents(event);
    }
    client.onNext(fragment.build());
  }

  private static Event event(KeyEvent event, boolean prevKv) {
    Event.Builder builder =
        Event.newBuilder()
            .setType(event.delete() ? Event.EventType.DELETE : Event.EventType.PUT)
            .setKv(Responses.keyValue(event.keyValue()));
    if (prevKv && event.previous() != null) {
      builder.setPrevKv(Responses.keyValue(event.previous()));
    }
    return builder.build();
  }

  @Override
  public void deliverProgress(Watcher watcher, long revision) {
    client.onNext(response(watcher.id(), revision).build());
  }

  @Override
  public void compacted(Watcher watcher, long compactedRevision) {
    watches.remove(watcher.id());
    // Revision 0: there is none of which this could be said to be the answer.
    client.onNext(
        response(watcher.id(), 0).setCanceled(true).setCompactRevision(compactedRevision).build());
  }

  @Override
  public void stopped() {
    if (!ended) {
      ended = true;
      client.onError(EtcdError.STOPPED.exception());
    }
  }

  private WatchResponse.Builder response(long id, long revision) {
    return WatchResponse.newBuilder().setHeader(headers.at(revision)).setWatchId(id);
  }
}
