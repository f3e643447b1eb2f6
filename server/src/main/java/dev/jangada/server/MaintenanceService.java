package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.AlarmMember;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest.AlarmAction;
import dev.jangada.etcd.api.etcdserverpb.AlarmResponse;
import dev.jangada.etcd.api.etcdserverpb.DefragmentRequest;
import dev.jangada.etcd.api.etcdserverpb.DefragmentResponse;
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
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.ChangeAlarmRequest;
import dev.jangada.kv.command.ChangeAlarmResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvHash;
import dev.jangada.node.RaftNode;
import dev.jangada.raft.RaftStatus;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import dev.jangada.server.upkeep.Alarms;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asks of this member, and of this member alone: nothing here needs the others,
 * but for handing over the leadership, and for alarms, which all have to know of.
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
  private final Proposals proposals;
  private final RequestDeadline deadline;
  private final Alarms alarms;

  /** The last return of space. Guarded by this. */
  private CompletableFuture<Boolean> reclaimed = CompletableFuture.completedFuture(true);

  MaintenanceService(
      RaftNode node,
      KvStateMachine store,
      ReadPool readPool,
      Headers headers,
      Proposals proposals,
      RequestDeadline deadline,
      Alarms alarms) {
    this.node = node;
    this.store = store;
    this.readPool = readPool;
    this.headers = headers;
    this.proposals = proposals;
    this.deadline = deadline;
    this.alarms = alarms;
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
                  .setIsLearner(Members.isLearner(raft))
                  .setRaftTerm(raft.term())
                  .setRaftIndex(raft.committed())
                  .setRaftAppliedIndex(raft.applied());
          if (raft.leader() == 0) {
            status.addErrors(NO_LEADER);
          }
          for (Alarm alarm : alarms.raised()) {
            status.addErrors(
                "memberID:%s alarm:%s "
                    .formatted(Long.toUnsignedString(alarm.member()), alarm.type()));
          }
          reply.send(status.build());
        });
  }

  /**
   * Alarms are asked for like keys are, and changed through the log. To raise or end none in
   * particular does nothing, as in etcd.
   */
  @Override
  public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> observer) {
    Reply<AlarmResponse> reply = new Reply<>(observer);
    reply.attempt(() -> {
      AlarmType type = type(request);
      switch (request.getAction()) {
        case GET ->
            reply.after(
                deadline.limit(reply, node::readIndex),
                index -> reply.send(answer(store.revision(), alarms.raised(), type)));
        case ACTIVATE, DEACTIVATE -> {
          if (type == null) {
            reply.send(answer(store.revision(), List.of(), null));
          } else {
            change(reply, new Alarm(request.getMemberID(), type), request.getAction());
          }
        }
        case UNRECOGNIZED -> reply.refuse(EtcdError.UNKNOWN_ALARM);
      }
    });
  }

  /** Null for any. */
  private static @Nullable AlarmType type(AlarmRequest request) {
    return switch (request.getAlarm()) {
      case NONE -> null;
      case NOSPACE -> AlarmType.NOSPACE;
      case CORRUPT -> AlarmType.CORRUPT;
      case UNRECOGNIZED -> throw EtcdError.UNKNOWN_ALARM.exception();
    };
  }

  private void change(Reply<AlarmResponse> reply, Alarm alarm, AlarmAction action) {
    boolean raised = action == AlarmAction.ACTIVATE;
    reply.after(
        deadline.limit(
            reply, time -> proposals.propose(new ChangeAlarmRequest(alarm, raised), time)),
        response -> {
          boolean found = ((ChangeAlarmResponse) response).found();
          // The one that was ended, or the one that stands.
          List<Alarm> concerned = raised || found ? List.of(alarm) : List.of();
          reply.send(answer(response.revision(), concerned, null));
        });
  }

  private AlarmResponse answer(long revision, Collection<Alarm> listed, @Nullable AlarmType only) {
    AlarmResponse.Builder answer = AlarmResponse.newBuilder().setHeader(headers.at(revision));
    for (Alarm alarm : listed) {
      if (only == null || alarm.type() == only) {
        answer.addAlarms(
            AlarmMember.newBuilder()
                .setMemberID(alarm.member())
                .setAlarm(
                    switch (alarm.type()) {
                      case NOSPACE -> dev.jangada.etcd.api.etcdserverpb.AlarmType.NOSPACE;
                      case CORRUPT -> dev.jangada.etcd.api.etcdserverpb.AlarmType.CORRUPT;
                    }));
      }
    }
    return answer.build();
  }

  /**
   * Gives back at once the space of deleted data. That happens by itself over time; but who is out
   * of space may not want to wait. Requests are served meanwhile, other than in etcd.
   */
  @Override
  public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> observer) {
    Reply<DefragmentResponse> reply = new Reply<>(observer);
    reply.after(
        reclaim(),
        done ->
            reply.send(
                DefragmentResponse.newBuilder().setHeader(headers.withoutRevision()).build()));
  }

  private synchronized CompletableFuture<Boolean> reclaim() {
    if (reclaimed.isDone()) {
      // It takes as long as it takes: no thread that others wait for.
      reclaimed =
          CompletableFuture.supplyAsync(
              () -> {
                store.reclaim();
                return true;
              },
              task -> {
                Thread thread = new Thread(task, "jangada-reclaim");
                thread.setDaemon(true);
                thread.start();
              });
    }
    return reclaimed;
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
    long target = request.getTargetID();
    if (!node.status().configuration().membership().isVoter(target)) {
      reply.refuse(EtcdError.BAD_TRANSFEREE);
      return;
    }
    reply.after(
        node.transferLeadership(target).thenApply(done -> headers.withoutRevision()),
        header -> reply.send(MoveLeaderResponse.newBuilder().setHeader(header).build()));
  }
}
