package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberListResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import io.grpc.stub.StreamObserver;

/** Who belongs to the cluster. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {

  private final RaftNode node;
  private final KvStateMachine store;
  private final ReadPool readPool;
  private final Headers headers;
  private final RequestDeadline deadline;
  private final Members members;

  ClusterService(
      RaftNode node,
      KvStateMachine store,
      ReadPool readPool,
      Headers headers,
      RequestDeadline deadline,
      Members members) {
    this.node = node;
    this.store = store;
    this.readPool = readPool;
    this.headers = headers;
    this.deadline = deadline;
    this.members = members;
  }

  @Override
  public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
    Reply<MemberListResponse> reply = new Reply<>(observer);
    Runnable answer = () -> reply.send(list());
    if (!request.getLinearizable()) {
      readPool.answer(reply, answer);
      return;
    }
    reply.after(deadline.limit(reply, node::readIndex), index -> readPool.answer(reply, answer));
  }

  private MemberListResponse list() {
    return MemberListResponse.newBuilder()
        .setHeader(headers.withoutRevision())
        .addAllMembers(members.list(store.members()))
        .build();
  }
}
