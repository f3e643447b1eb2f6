package dev.jangada.server.http;

import com.google.protobuf.Message;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.v3electionpb.ElectionGrpc;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A method of a service and the path below {@code /v3} at which etcd serves it as JSON.
 *
 * @param path below the version, for example {@code /kv/range}
 * @param method as gRPC knows it, for messages of any kind
 */
record GatewayRoute(String path, io.grpc.MethodDescriptor<Message, Message> method) {

  /** All of them. The tables are etcd's. */
  static Collection<GatewayRoute> all() {
    Map<String, GatewayRoute> routes = new LinkedHashMap<>();
    add(routes, "/kv/range", KVGrpc.getRangeMethod());
    add(routes, "/kv/put", KVGrpc.getPutMethod());
    add(routes, "/kv/deleterange", KVGrpc.getDeleteRangeMethod());
    add(routes, "/kv/txn", KVGrpc.getTxnMethod());
    add(routes, "/kv/compaction", KVGrpc.getCompactMethod());
    add(routes, "/watch", WatchGrpc.getWatchMethod());
    add(routes, "/lease/grant", LeaseGrpc.getLeaseGrantMethod());
    // etcd moved three of these; it serves them at their old places, too.
    for (String parent : List.of("/lease", "/kv/lease")) {
      add(routes, parent + "/revoke", LeaseGrpc.getLeaseRevokeMethod());
      add(routes, parent + "/timetolive", LeaseGrpc.getLeaseTimeToLiveMethod());
      add(routes, parent + "/leases", LeaseGrpc.getLeaseLeasesMethod());
    }
    add(routes, "/lease/keepalive", LeaseGrpc.getLeaseKeepAliveMethod());
    add(routes, "/cluster/member/add", ClusterGrpc.getMemberAddMethod());
    add(routes, "/cluster/member/remove", ClusterGrpc.getMemberRemoveMethod());
    add(routes, "/cluster/member/update", ClusterGrpc.getMemberUpdateMethod());
    add(routes, "/cluster/member/list", ClusterGrpc.getMemberListMethod());
    add(routes, "/cluster/member/promote", ClusterGrpc.getMemberPromoteMethod());
    add(routes, "/maintenance/alarm", MaintenanceGrpc.getAlarmMethod());
    add(routes, "/maintenance/status", MaintenanceGrpc.getStatusMethod());
    add(routes, "/maintenance/defragment", MaintenanceGrpc.getDefragmentMethod());
    add(routes, "/maintenance/hash", MaintenanceGrpc.getHashMethod());
    add(routes, "/maintenance/hashkv", MaintenanceGrpc.getHashKVMethod());
    add(routes, "/maintenance/snapshot", MaintenanceGrpc.getSnapshotMethod());
    add(routes, "/maintenance/transfer-leadership", MaintenanceGrpc.getMoveLeaderMethod());
    add(routes, "/maintenance/downgrade", MaintenanceGrpc.getDowngradeMethod());
    addAuth(routes);
    add(routes, "/lock/lock", LockGrpc.getLockMethod());
    add(routes, "/lock/unlock", LockGrpc.getUnlockMethod());
    add(routes, "/election/campaign", ElectionGrpc.getCampaignMethod());
    add(routes, "/election/proclaim", ElectionGrpc.getProclaimMethod());
    add(routes, "/election/leader", ElectionGrpc.getLeaderMethod());
    add(routes, "/election/observe", ElectionGrpc.getObserveMethod());
    add(routes, "/election/resign", ElectionGrpc.getResignMethod());
    return routes.values();
  }

  private static void addAuth(Map<String, GatewayRoute> routes) {
    add(routes, "/auth/enable", AuthGrpc.getAuthEnableMethod());
    add(routes, "/auth/disable", AuthGrpc.getAuthDisableMethod());
    add(routes, "/auth/status", AuthGrpc.getAuthStatusMethod());
    add(routes, "/auth/authenticate", AuthGrpc.getAuthenticateMethod());
    add(routes, "/auth/user/add", AuthGrpc.getUserAddMethod());
    add(routes, "/auth/user/get", AuthGrpc.getUserGetMethod());
    add(routes, "/auth/user/list", AuthGrpc.getUserListMethod());
    add(routes, "/auth/user/delete", AuthGrpc.getUserDeleteMethod());
    add(routes, "/auth/user/changepw", AuthGrpc.getUserChangePasswordMethod());
    add(routes, "/auth/user/grant", AuthGrpc.getUserGrantRoleMethod());
    add(routes, "/auth/user/revoke", AuthGrpc.getUserRevokeRoleMethod());
    add(routes, "/auth/role/add", AuthGrpc.getRoleAddMethod());
    add(routes, "/auth/role/get", AuthGrpc.getRoleGetMethod());
    add(routes, "/auth/role/list", AuthGrpc.getRoleListMethod());
    add(routes, "/auth/role/delete", AuthGrpc.getRoleDeleteMethod());
    add(routes, "/auth/role/grant", AuthGrpc.getRoleGrantPermissionMethod());
    add(routes, "/auth/role/revoke", AuthGrpc.getRoleRevokePermissionMethod());
  }

  // Each message of a generated service is a Message.
  @SuppressWarnings("unchecked")
  private static void add(
      Map<String, GatewayRoute> routes, String path, io.grpc.MethodDescriptor<?, ?> method) {
    routes.put(path, new GatewayRoute(path, (io.grpc.MethodDescriptor<Message, Message>) method));
  }

  /** An empty request, to be filled in. */
  Message.Builder newRequest() {
    if (method.getRequestMarshaller() instanceof PrototypeMarshaller<Message> marshaller) {
      Message prototype = marshaller.getMessagePrototype();
      if (prototype != null) {
        return prototype.newBuilderForType();
      }
    }
    throw new IllegalStateException("a request without a prototype: " + method);
  }
}
