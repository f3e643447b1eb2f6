package dev.jangada.server.lock;

import dev.jangada.etcd.api.v3electionpb.CampaignRequest;
import dev.jangada.etcd.api.v3electionpb.CampaignResponse;
import dev.jangada.etcd.api.v3electionpb.ElectionGrpc;
import dev.jangada.etcd.api.v3electionpb.LeaderKey;
import dev.jangada.etcd.api.v3electionpb.LeaderRequest;
import dev.jangada.etcd.api.v3electionpb.LeaderResponse;
import dev.jangada.etcd.api.v3electionpb.ProclaimRequest;
import dev.jangada.etcd.api.v3electionpb.ProclaimResponse;
import dev.jangada.etcd.api.v3electionpb.ResignRequest;
import dev.jangada.etcd.api.v3electionpb.ResignResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import dev.jangada.server.call.Requests;
import dev.jangada.server.call.Responses;
import dev.jangada.server.watch.WatchHub;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Elections of a leader among clients: see {@link CandidateQueue}. The leader is the first in the
 * queue, and what it proclaims is the value of its key.
 */
public final class ElectionService extends ElectionGrpc.ElectionImplBase {

  private final CandidateQueue queue;
  private final RaftNode node;
  private final KvStateMachine store;
  private final WatchHub hub;
  private final ReadPool readPool;
  private final Headers headers;
  private final RequestDeadline deadline;

  /** Works on what is given, and closes none of it. */
  public ElectionService(
      CandidateQueue queue,
      RaftNode node,
      KvStateMachine store,
      WatchHub hub,
      ReadPool readPool,
      Headers headers,
      RequestDeadline deadline) {
    this.queue = queue;
    this.node = node;
    this.store = store;
    this.hub = hub;
    this.readPool = readPool;
    this.headers = headers;
    this.deadline = deadline;
  }

  @Override
  public void campaign(CampaignRequest request, StreamObserver<CampaignResponse> observer) {
    Reply<CampaignResponse> reply = new Reply<>(observer);
    Bytes name = Requests.bytes(request.getName());
    reply.after(
        queue.enter(name, request.getLease(), Requests.bytes(request.getValue())),
        turn ->
            reply.send(
                CampaignResponse.newBuilder()
                    .setHeader(headers.at(turn.revision()))
                    .setLeader(
                        LeaderKey.newBuilder()
                            .setName(request.getName())
                            .setKey(Responses.byteString(turn.key()))
                            .setRev(turn.createRevision())
                            .setLease(turn.lease()))
                    .build()));
  }

  @Override
  public void proclaim(ProclaimRequest request, StreamObserver<ProclaimResponse> observer) {
    Reply<ProclaimResponse> reply = new Reply<>(observer);
    reply.attempt(() -> {
      Bytes key = keyOf(request.hasLeader(), request.getLeader());
      Bytes value = Requests.bytes(request.getValue());
      long lease = request.getLeader().getLease();
      PutRequest put = new PutRequest(key, value, lease, false, false, false);
      reply.after(
          ifLeader(reply, request.getLeader(), put),
          response -> {
            if (!response.succeeded()) {
              throw ConcurrencyError.NOT_LEADER.exception();
            }
            reply.send(
                ProclaimResponse.newBuilder().setHeader(headers.at(response.revision())).build());
          });
    });
  }

  @Override
  public void resign(ResignRequest request, StreamObserver<ResignResponse> observer) {
    Reply<ResignResponse> reply = new Reply<>(observer);
    reply.attempt(() -> {
      Bytes key = keyOf(request.hasLeader(), request.getLeader());
      // Whoever has lost the leadership has nothing to give up, which is no error.
      reply.after(
          ifLeader(reply, request.getLeader(), DeleteRangeRequest.of(key)),
          response ->
              reply.send(
                  ResignResponse.newBuilder().setHeader(headers.at(response.revision())).build()));
    });
  }

  private static Bytes keyOf(boolean hasLeader, LeaderKey leader) {
    if (!hasLeader) {
      throw ConcurrencyError.MISSING_LEADER.exception();
    }
    if (leader.getKey().isEmpty()) {
      throw EtcdError.EMPTY_KEY.exception();
    }
    return Requests.bytes(leader.getKey());
  }

  private CompletableFuture<TxnResponse> ifLeader(
      Reply<?> reply, LeaderKey leader, Operation operation) {
    TxnRequest txn =
        new TxnRequest(
            List.of(CandidateQueue.isCreatedAt(Requests.bytes(leader.getKey()), leader.getRev())),
            List.of(operation),
            List.of());
    return deadline.limit(reply, time -> queue.txn(txn, time));
  }

  @Override
  public void leader(LeaderRequest request, StreamObserver<LeaderResponse> observer) {
    Reply<LeaderResponse> reply = new Reply<>(observer);
    Bytes name = Requests.bytes(request.getName());
    Caller caller = CallIdentity.currentCaller();
    Runnable answer =
        () -> {
          switch (store.range(CandidateQueue.first(name), caller)) {
            case RangeResponse found when found.keyValues().isEmpty() ->
                throw ConcurrencyError.NO_LEADER.exception();
            case RangeResponse found ->
                reply.send(
                    LeaderResponse.newBuilder()
                        .setHeader(headers.at(found.revision()))
                        .setKv(Responses.keyValue(found.keyValues().getFirst()))
                        .build());
            case Failure failure -> throw EtcdError.of(failure.error()).exception();
          }
        };
    reply.after(deadline.limit(reply, node::readIndex), index -> readPool.answer(reply, answer));
  }

  @Override
  public void observe(LeaderRequest request, StreamObserver<LeaderResponse> observer) {
    LeaderObserver leaders =
        new LeaderObserver(
            Requests.bytes(request.getName()),
            CallIdentity.currentCaller(),
            store,
            hub,
            headers,
            (ServerCallStreamObserver<LeaderResponse>) observer);
    var unused =
        node.readIndex(deadline.within(null))
            .whenComplete((index, failure) -> leaders.start(failure));
  }
}
