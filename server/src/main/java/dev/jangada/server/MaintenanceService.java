package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVResponse;
import dev.jangada.etcd.api.etcdserverpb.HashRequest;
import dev.jangada.etcd.api.etcdserverpb.HashResponse;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.MoveLeaderRequest;
import dev.jangada.etcd.api.etcdserverpb.MoveLeaderResponse;
import dev.jangada.etcd.api.etcdserverpb.SnapshotRequest;
import dev.jangada.etcd.api.etcdserverpb.SnapshotResponse;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvHash;
import dev.jangada.node.RaftNode;
import dev.jangada.raft.RaftStatus;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * What an operator asks of this member, and of this member alone: nothing here needs the others,
 * but for handing over the leadership.
 */
final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {

  /**
   * The version of etcd whose API this is. Clients decide by it what they may ask for, and tools
   * expect three numbers.
   */
  static final String API_VERSION = "3.6.0";

  private static final String NO_LEADER = EtcdError.NO_LEADER.text();

  private final RaftNode node;
  private final KvStateMachine store;
  private final ReadPool readPool;
  private final Headers headers;
  private final Members members;

  MaintenanceService(
      RaftNode node, KvStateMachine store, ReadPool readPool, Headers headers, Members members) {
    this.node = node;
    this.store = store;
    this.readPool = readPool;
    this.headers = headers;
    this.members = members;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
    Reply<StatusResponse> reply = new Reply<>(observer);
    readPool.answer(
        reply,
        () -> {
          RaftStatus raft = node.status();
          long size = store.sizeInBytes();
          StatusResponse.Builder status =
              StatusResponse.newBuilder()
                  .setHeader(headers.at(store.revision()))
                  .setVersion(API_VERSION)
                  .setStorageVersion(API_VERSION.substring(0, API_VERSION.lastIndexOf('.')))
                  .setDbSize(size)
                  // Space is given back as data goes: there is none that is kept and not used.
                  .setDbSizeInUse(size)
                  .setLeader(raft.leader())
                  .setRaftTerm(raft.term())
                  .setRaftIndex(raft.committed())
                  .setRaftAppliedIndex(raft.applied());
          if (raft.leader() == 0) {
            status.addErrors(NO_LEADER);
          }
          reply.send(status.build());
        });
  }

  /**
   * The hash over all that is stored is the one over all versions of keys: there is nothing else.
   */
  @Override
  public void hash(HashRequest request, StreamObserver<HashResponse> observer) {
    Reply<HashResponse> reply = new Reply<>(observer);
    readPool.answer(
        reply,
        () -> {
          KvHash hash = hashAt(0);
          reply.send(
              HashResponse.newBuilder()
                  .setHeader(headers.at(hash.revision()))
                  .setHash((int) hash.hash())
                  .build());
        });
  }

  @Override
  public void hashKV(HashKVRequest request, StreamObserver<HashKVResponse> observer) {
    Reply<HashKVResponse> reply = new Reply<>(observer);
    readPool.answer(
        reply,
        () -> {
          KvHash hash = hashAt(request.getRevision());
          reply.send(
              HashKVResponse.newBuilder()
                  .setHeader(headers.at(hash.revision()))
                  .setHash((int) hash.hash())
                  .setCompactRevision(hash.compactedRevision())
                  .setHashRevision(hash.hashRevision())
                  .build());
        });
  }

  private KvHash hashAt(long revision) {
    return switch (store.hash(revision)) {
      case KvHash hash -> hash;
      case Failure failure -> throw EtcdError.of(failure.error()).exception();
    };
  }

  /** Everything this member has: what {@code jangada snapshot restore} makes a new cluster of. */
  @Override
  public void snapshot(SnapshotRequest request, StreamObserver<SnapshotResponse> observer) {
    // The calls of the client's connection keep it going.
    var unused =
        new BackupStream(
            store, readPool, headers, (ServerCallStreamObserver<SnapshotResponse>) observer);
  }

  @Override
  public void moveLeader(MoveLeaderRequest request, StreamObserver<MoveLeaderResponse> observer) {
    Reply<MoveLeaderResponse> reply = new Reply<>(observer);
    if (node.status().leader() != node.memberId()) {
      reply.refuse(EtcdError.NOT_LEADER);
      return;
    }
    String target = members.nameOf(request.getTargetID());
    if (target == null) {
      reply.refuse(EtcdError.BAD_TRANSFEREE);
      return;
    }
    reply.after(
        node.transferLeadership(target).thenApply(done -> headers.withoutRevision()),
        header -> reply.send(MoveLeaderResponse.newBuilder().setHeader(header).build()));
  }
}
