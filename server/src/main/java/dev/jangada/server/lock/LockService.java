package dev.jangada.server.lock;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import dev.jangada.etcd.api.v3lockpb.LockRequest;
import dev.jangada.etcd.api.v3lockpb.LockResponse;
import dev.jangada.etcd.api.v3lockpb.UnlockRequest;
import dev.jangada.etcd.api.v3lockpb.UnlockResponse;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import dev.jangada.server.call.Requests;
import dev.jangada.server.call.Responses;
import io.grpc.stub.StreamObserver;

/**
 * Locks, held by leases: see {@link CandidateQueue}. The lock is a key; giving it up is deleting
 * the key.
 */
public final class LockService extends LockGrpc.LockImplBase {

  private final CandidateQueue queue;
  private final Proposals proposals;
  private final Headers headers;
  private final RequestDeadline deadline;

  /** Works on what is given, and closes none of it. */
  public LockService(
      CandidateQueue queue, Proposals proposals, Headers headers, RequestDeadline deadline) {
    this.queue = queue;
    this.proposals = proposals;
    this.headers = headers;
    this.deadline = deadline;
  }

  @Override
  public void lock(LockRequest request, StreamObserver<LockResponse> observer) {
    Reply<LockResponse> reply = new Reply<>(observer);
    Bytes name = Requests.bytes(request.getName());
    reply.after(
        queue.enter(name, request.getLease(), Bytes.EMPTY),
        turn ->
            reply.send(
                LockResponse.newBuilder()
                    .setHeader(headers.at(turn.revision()))
                    .setKey(Responses.byteString(turn.key()))
                    .build()));
  }

  @Override
  public void unlock(UnlockRequest request, StreamObserver<UnlockResponse> observer) {
    Reply<UnlockResponse> reply = new Reply<>(observer);
    ByteString key = request.getKey();
    if (key.isEmpty()) {
      reply.refuse(EtcdError.EMPTY_KEY);
      return;
    }
    DeleteRangeRequest delete = DeleteRangeRequest.of(Requests.bytes(key));
    reply.after(
        deadline.limit(reply, time -> proposals.propose(delete, time)),
        response ->
            reply.send(
                UnlockResponse.newBuilder().setHeader(headers.at(response.revision())).build()));
  }
}
