package dev.jangada.server.lease;

import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.Result;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.Reply;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * One client's stream of requests to keep leases alive, answered in their order. Some may be under
 * way at once, so that a client with many leases does not wait for the log with each of them.
 *
 * <p>A lease that does not exist is answered by a time to live of 0. Anything else that goes wrong
 * ends the stream: the client is to try another one, perhaps of another member.
 */
final class KeepAliveStream implements StreamObserver<LeaseKeepAliveRequest> {

  private static final int MAX_UNDER_WAY = 64;

  private final Proposals proposals;
  private final KvStateMachine store;
  private final Headers headers;
  private final Duration timeout;
  private final ServerCallStreamObserver<LeaseKeepAliveResponse> client;

  // Guarded by this from here on.

  /** The oldest first; done ones behind one that is not wait for it. */
  private final Deque<CompletableFuture<LeaseKeepAliveResponse>> underWay = new ArrayDeque<>();

  /** Requests that were answered and for which no further ones have been asked for. */
  private int owedRequests;

  private boolean clientDone;
  private boolean ended;

  KeepAliveStream(
      Proposals proposals,
      KvStateMachine store,
      Headers headers,
      Duration timeout,
      ServerCallStreamObserver<LeaseKeepAliveResponse> client) {
    this.proposals = proposals;
    this.store = store;
    this.headers = headers;
    this.timeout = timeout;
    this.client = client;
    client.disableAutoRequest();
    client.setOnReadyHandler(this::askForMore);
    client.setOnCancelHandler(this::gone);
    client.request(MAX_UNDER_WAY);
  }

  @Override
  public void onNext(LeaseKeepAliveRequest request) {
    long id = request.getID();
    CompletableFuture<LeaseKeepAliveResponse> answer =
        proposals
            .submit(new dev.jangada.kv.command.LeaseKeepAliveRequest(id), timeout)
            .thenApply(result -> answer(id, result));
    synchronized (this) {
      underWay.add(answer);
    }
    var unused = answer.whenComplete((done, failure) -> sendWhatIsDone());
  }

  private LeaseKeepAliveResponse answer(long id, Result result) {
    LeaseKeepAliveResponse.Builder answer = LeaseKeepAliveResponse.newBuilder().setID(id);
    return switch (result) {
      case dev.jangada.kv.command.LeaseKeepAliveResponse alive ->
          answer.setHeader(headers.at(alive.revision())).setTTL(alive.ttlSeconds()).build();
      case Failure(KvError error) when error == KvError.LEASE_NOT_FOUND ->
          answer.setHeader(headers.at(store.revision())).build();
      case Failure refused -> throw EtcdError.of(refused.error()).exception();
      default -> throw new IllegalStateException("a lease kept alive: " + result);
    };
  }

  private synchronized void sendWhatIsDone() {
    while (!ended) {
      CompletableFuture<LeaseKeepAliveResponse> oldest = underWay.peek();
      if (oldest == null || !oldest.isDone()) {
        break;
      }
      underWay.remove();
      if (oldest.isCompletedExceptionally()) {
        ended = true;
        client.onError(Reply.refusal(oldest.exceptionNow()));
        return;
      }
      client.onNext(oldest.resultNow());
      owedRequests++;
    }
    askForMore();
    completeIfDone();
  }

  private synchronized void askForMore() {
    if (owedRequests > 0 && client.isReady()) {
      client.request(owedRequests);
      owedRequests = 0;
    }
  }

  @Override
  public synchronized void onCompleted() {
    clientDone = true;
    completeIfDone();
  }

  private synchronized void completeIfDone() {
    if (clientDone && underWay.isEmpty() && !ended) {
      ended = true;
      client.onCompleted();
    }
  }

  @Override
  public void onError(Throwable failure) {
    gone();
  }

  private synchronized void gone() {
    ended = true;
  }
}
