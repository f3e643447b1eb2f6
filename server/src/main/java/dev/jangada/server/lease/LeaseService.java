package dev.jangada.server.lease;

import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseLeasesRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseLeasesResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseStatus;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KvError;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import dev.jangada.server.call.Responses;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Leases. What changes one goes through the log, keeping it alive included: so an answer is known
 * to a majority, any member may be asked, and one that has lost the lead without knowing keeps
 * nothing alive. Questions are answered like linearizable reads.
 */
public final class LeaseService extends LeaseGrpc.LeaseImplBase {

  /** As the time to live of a lease that does not exist. */
  private static final long NO_LEASE = -1;

  private final RaftNode node;
  private final KvStateMachine store;
  private final Proposals proposals;
  private final Leases leases;
  private final ReadPool readPool;
  private final Headers headers;
  private final RequestDeadline deadline;

  /** Works on what is given, and closes none of it. */
  public LeaseService(
      RaftNode node,
      KvStateMachine store,
      Proposals proposals,
      Leases leases,
      ReadPool readPool,
      Headers headers,
      RequestDeadline deadline) {
    this.node = node;
    this.store = store;
    this.proposals = proposals;
    this.leases = leases;
    this.readPool = readPool;
    this.headers = headers;
    this.deadline = deadline;
  }

  @Override
  public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> observer) {
    Reply<LeaseGrantResponse> reply = new Reply<>(observer);
    reply.attempt(() -> {
      dev.jangada.kv.command.LeaseGrantRequest grant =
          leases.grant(request.getID(), request.getTTL());
      reply.after(
          deadline.limit(reply, time -> proposals.propose(grant, time)),
          response ->
              reply.send(
                  LeaseGrantResponse.newBuilder()
                      .setHeader(headers.at(response.revision()))
                      .setID(grant.id())
                      .setTTL(grant.ttlSeconds())
                      .build()));
    });
  }

  @Override
  public void leaseRevoke(
      LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> observer) {
    Reply<LeaseRevokeResponse> reply = new Reply<>(observer);
    reply.after(
        deadline.limit(
            reply,
            time ->
                proposals.propose(
                    new dev.jangada.kv.command.LeaseRevokeRequest(request.getID()), time)),
        response ->
            reply.send(
                LeaseRevokeResponse.newBuilder()
                    .setHeader(headers.at(response.revision()))
                    .build()));
  }

  @Override
  public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(
      StreamObserver<LeaseKeepAliveResponse> observer) {
    return new KeepAliveStream(
        proposals,
        store,
        headers,
        deadline.within(null),
        (ServerCallStreamObserver<LeaseKeepAliveResponse>) observer);
  }

  @Override
  public void leaseTimeToLive(
      LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> observer) {
    Reply<LeaseTimeToLiveResponse> reply = new Reply<>(observer);
    Caller caller = CallIdentity.currentCaller();
    readWhenSafe(reply, () -> reply.send(timeToLive(request.getID(), request.getKeys(), caller)));
  }

  private LeaseTimeToLiveResponse timeToLive(long id, boolean withKeys, @Nullable Caller caller) {
    AuthState auth = store.auth();
    dev.jangada.kv.LeaseStatus lease = store.lease(id, withKeys);
    unlessRefused(auth.checkCaller(caller));
    if (lease != null) {
      // The names of keys are told to those only who may read them.
      lease
          .keys()
          .forEach(key -> unlessRefused(auth.checkRead(caller, KeyRange.of(key, Bytes.EMPTY))));
    }
    LeaseTimeToLiveResponse.Builder response =
        LeaseTimeToLiveResponse.newBuilder().setHeader(headers.at(store.revision())).setID(id);
    if (lease == null) {
      return response.setTTL(NO_LEASE).build();
    }
    response.setTTL(lease.remainingSeconds()).setGrantedTTL(lease.ttlSeconds());
    lease.keys().forEach(key -> response.addKeys(Responses.byteString(key)));
    return response.build();
  }

  private static void unlessRefused(Optional<KvError> refusal) {
    refusal.ifPresent(error -> {
      throw EtcdError.of(error).exception();
    });
  }

  @Override
  public void leaseLeases(
      LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> observer) {
    Reply<LeaseLeasesResponse> reply = new Reply<>(observer);
    readWhenSafe(
        reply,
        () -> {
          LeaseLeasesResponse.Builder response =
              LeaseLeasesResponse.newBuilder().setHeader(headers.at(store.revision()));
          store.leases().forEach(id -> response.addLeases(LeaseStatus.newBuilder().setID(id)));
          reply.send(response.build());
        });
  }

  private void readWhenSafe(Reply<?> reply, Runnable answer) {
    reply.after(deadline.limit(reply, node::readIndex), index -> readPool.answer(reply, answer));
  }
}
