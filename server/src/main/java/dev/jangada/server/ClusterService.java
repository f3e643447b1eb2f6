package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberAddRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberAddResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberListResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberPromoteRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberPromoteResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberUpdateRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberUpdateResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.node.RaftNode;
import dev.jangada.raft.Member.Standing;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who belongs to the cluster, and the changes of that. A change is checked against what this member
 * knows after a linearizable read, and made by the leader, wherever that is; what the leader
 * refuses is told in etcd's words.
 */
final class ClusterService extends ClusterGrpc.ClusterImplBase {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterService.class);

  /** As in etcd: each learner costs the leader as much as a voter, and makes nothing safer. */
  private static final int MAX_LEARNERS = 1;

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
        .addAllMembers(list(node.membership()))
        .build();
  }

  private List<Member> list(Membership membership) {
    return members.list(membership, store.members());
  }

  /**
   * Adds a member: a learner, or one that becomes a voter by itself as soon as it has caught up. So
   * the cluster never waits for a member that has yet to be started.
   */
  @Override
  public void memberAdd(MemberAddRequest request, StreamObserver<MemberAddResponse> observer) {
    Reply<MemberAddResponse> reply = new Reply<>(observer);
    change(
        reply,
        now -> {
          String address = members.address(request.getPeerURLsList());
          refuseTaken(address, now, 0);
          if (request.getIsLearner() && learners(now) >= MAX_LEARNERS) {
            throw EtcdError.TOO_MANY_LEARNERS.exception();
          }
          return new MembershipChange.AddLearner(
              Members.newId(now), address, !request.getIsLearner());
        },
        changed ->
            reply.send(
                MemberAddResponse.newBuilder()
                    .setHeader(headers.withoutRevision())
                    .setMember(
                        list(changed.membership()).stream()
                            .filter(member -> member.getID() == changed.change().id())
                            .findFirst()
                            .orElseThrow(EtcdError.MEMBER_NOT_FOUND::exception))
                    .addAllMembers(list(changed.membership()))
                    .build()));
  }

  private static long learners(Membership membership) {
    return membership.members().stream()
        .filter(member -> member.standing() == Standing.LEARNER)
        .count();
  }

  private static void refuseTaken(String address, Membership now, long by) {
    if (now.members().stream()
        .anyMatch(member -> member.address().equals(address) && member.id() != by)) {
      throw EtcdError.PEER_URL_EXISTS.exception();
    }
  }

  @Override
  public void memberRemove(
      MemberRemoveRequest request, StreamObserver<MemberRemoveResponse> observer) {
    Reply<MemberRemoveResponse> reply = new Reply<>(observer);
    change(
        reply,
        now -> new MembershipChange.Remove(request.getID()),
        changed ->
            reply.send(
                MemberRemoveResponse.newBuilder()
                    .setHeader(headers.withoutRevision())
                    .addAllMembers(list(changed.membership()))
                    .build()));
  }

  @Override
  public void memberUpdate(
      MemberUpdateRequest request, StreamObserver<MemberUpdateResponse> observer) {
    Reply<MemberUpdateResponse> reply = new Reply<>(observer);
    change(
        reply,
        now -> {
          String address = members.address(request.getPeerURLsList());
          refuseTaken(address, now, request.getID());
          return new MembershipChange.Move(request.getID(), address);
        },
        changed ->
            reply.send(
                MemberUpdateResponse.newBuilder()
                    .setHeader(headers.withoutRevision())
                    .addAllMembers(list(changed.membership()))
                    .build()));
  }

  @Override
  public void memberPromote(
      MemberPromoteRequest request, StreamObserver<MemberPromoteResponse> observer) {
    Reply<MemberPromoteResponse> reply = new Reply<>(observer);
    change(
        reply,
        now -> new MembershipChange.Promote(request.getID()),
        changed ->
            reply.send(
                MemberPromoteResponse.newBuilder()
                    .setHeader(headers.withoutRevision())
                    .addAllMembers(list(changed.membership()))
                    .build()));
  }

  /** A change that was made, and who belongs to the cluster since. */
  private record Changed(MembershipChange change, Membership membership) {}

  /**
   * Makes a change and answers.
   *
   * @param choose what is to be changed, given who belongs to the cluster now
   */
  private void change(
      Reply<?> reply, Function<Membership, MembershipChange> choose, Consumer<Changed> answer) {
    // What limits the request is known to the thread that serves it.
    Context context = Context.current();
    reply.after(
        deadline.limit(reply, node::readIndex),
        index ->
            readPool.answer(
                reply,
                context.wrap(() -> {
                  MembershipChange change = choose.apply(node.membership());
                  reply.after(
                      deadline.limit(
                          reply, timeout -> node.changeMembership(List.of(change), timeout)),
                      membership -> {
                        LOG.info("membership: change={} members={}", change, membership);
                        readPool.answer(
                            reply, () -> answer.accept(new Changed(change, membership)));
                      });
                })));
  }
}
