package dev.jangada.server.watch;

import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.Headers;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** Tells clients of changes, any number of watches over one stream: see {@link WatchStream}. */
public final class WatchService extends WatchGrpc.WatchImplBase {

  private final WatchHub hub;
  private final KvStateMachine store;
  private final Headers headers;
  private final int maxResponseBytes;

  /** Works on what is given, and closes none of it. */
  public WatchService(WatchHub hub, KvStateMachine store, Headers headers, int maxResponseBytes) {
    this.hub = hub;
    this.store = store;
    this.headers = headers;
    this.maxResponseBytes = maxResponseBytes;
  }

  @Override
  public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> observer) {
    return new WatchStream(
        hub,
        store,
        headers,
        maxResponseBytes,
        CallIdentity.current(),
        (ServerCallStreamObserver<WatchResponse>) observer);
  }
}
