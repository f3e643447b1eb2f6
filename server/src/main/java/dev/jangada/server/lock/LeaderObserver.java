package dev.jangada.server.lock;

import dev.jangada.etcd.api.v3electionpb.LeaderResponse;
import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.Responses;
import dev.jangada.server.watch.WatchHub;
import dev.jangada.server.watch.WatchReceiver;
import dev.jangada.server.watch.Watcher;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells one client who leads an election, and what the leader proclaims, from now on: each leader
 * and each proclamation in order and none left out, unless the client falls behind further than the
 * history goes. While nobody leads, nothing is told.
 *
 * <p>Keeps the candidates in memory and follows them by one watch, so that no leader is missed
 * however short its time.
 */
final class LeaderObserver implements WatchReceiver {

  private final RangeRequest candidates;
  private final @Nullable Caller caller;
  private final KvStateMachine store;
  private final WatchHub hub;
  private final Headers headers;
  private final ServerCallStreamObserver<LeaderResponse> client;

  // The hub's thread's own from here on.

  private final Map<Bytes, KeyValue> present = new TreeMap<>();
  private @Nullable KeyValue told;
  private boolean ended;

  /** To be created by the thread that is handed the request, before it returns. */
  LeaderObserver(
      Bytes name,
      @Nullable Caller caller,
      KvStateMachine store,
      WatchHub hub,
      Headers headers,
      ServerCallStreamObserver<LeaderResponse> client) {
    this.candidates = CandidateQueue.candidates(name).build();
    this.caller = caller;
    this.store = store;
    this.hub = hub;
    this.headers = headers;
    this.client = client;
    client.setOnReadyHandler(() -> hub.resume(this));
    client.setOnCancelHandler(this::gone);
  }

  /**
   * Begins, once this member may be read; or ends, if it cannot.
   *
   * @param failure why it cannot; null if it can
   */
  void start(@Nullable Throwable failure) {
    boolean accepted =
        hub.execute(() -> {
          if (failure == null) {
            readAll();
          } else {
            end(failure);
          }
        });
    if (!accepted) {
      client.onError(EtcdError.STOPPED.exception());
    }
  }

  private void gone() {
    hub.removeAll(this);
    var unused = hub.execute(() -> ended = true);
  }

  private void end(Throwable failure) {
    if (!ended) {
      ended = true;
      client.onError(Reply.refusal(failure));
    }
  }

  private void readAll() {
    if (ended || !isAllowed()) {
      return;
    }
    if (!(store.range(candidates) instanceof RangeResponse found)) {
      throw new IllegalStateException("the present cannot be read");
    }
    present.clear();
    found.keyValues().forEach(kv -> present.put(kv.key(), kv));
    tell(found.revision());
    hub.add(new Watcher(0, candidates.keys(), found.revision() + 1, true, true, false, this));
  }

  @Override
  public boolean isReady() {
    return client.isReady();
  }

  /** Whether the client may still read the candidates; ends if not. */
  private boolean isAllowed() {
    Optional<KvError> refusal = store.auth().checkRead(caller, candidates.keys());
    refusal.ifPresent(error -> {
      hub.removeAll(this);
      end(EtcdError.of(error).exception());
    });
    return refusal.isEmpty();
  }

  @Override
  public void accessChanged() {
    var unused = isAllowed();
  }

  @Override
  public void deliver(Watcher watcher, long revision, List<KeyEvent> events) {
    if (!isAllowed()) {
      return;
    }
    for (int i = 0; i < events.size(); i++) {
      KeyEvent event = events.get(i);
      if (event.delete()) {
        present.remove(event.keyValue().key());
      } else {
        present.put(event.keyValue().key(), event.keyValue());
      }
      // What one revision did is seen as a whole.
      if (i + 1 == events.size() || events.get(i + 1).revision() != event.revision()) {
        tell(event.revision());
      }
    }
  }

  private void tell(long revision) {
    KeyValue leader =
        present.values().stream()
            .min(Comparator.comparingLong(KeyValue::createRevision))
            .orElse(null);
    if (leader == null || leader.equals(told) || ended) {
      return;
    }
    told = leader;
    client.onNext(
        LeaderResponse.newBuilder()
            .setHeader(headers.at(revision))
            .setKv(Responses.keyValue(leader))
            .build());
  }

  @Override
  public void deliverProgress(Watcher watcher, long revision) {}

  /** What was missed is gone; the present is told. */
  @Override
  public void compacted(Watcher watcher, long compactedRevision) {
    readAll();
  }

  @Override
  public void stopped() {
    end(EtcdError.STOPPED.exception());
  }
}
