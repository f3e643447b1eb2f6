package dev.jangada.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.v3electionpb.ElectionGrpc;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What each method of the API takes, all of them in one table. */
class MethodAccessTest {

  @Test
  void everyMethodTakesWhatItShould() {
    Map<MethodAccess, Set<String>> actual = new TreeMap<>();
    for (ServiceDescriptor service :
        List.of(
            AuthGrpc.getServiceDescriptor(),
            ClusterGrpc.getServiceDescriptor(),
            KVGrpc.getServiceDescriptor(),
            LeaseGrpc.getServiceDescriptor(),
            MaintenanceGrpc.getServiceDescriptor(),
            WatchGrpc.getServiceDescriptor(),
            LockGrpc.getServiceDescriptor(),
            ElectionGrpc.getServiceDescriptor())) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        if (!service.getName().endsWith(".Auth")) {
          actual
              .computeIfAbsent(
                  MethodAccess.of(method.getFullMethodName()), unused -> new TreeSet<>())
              .add(method.getFullMethodName().replaceFirst("^[a-z0-9]+\\.", ""));
        }
      }
    }

    assertThat(actual)
        .containsEntry(MethodAccess.OPEN, methods("Maintenance/Status Cluster/MemberList"))
        .containsEntry(
            MethodAccess.BY_CONTENT,
            methods(
                "KV/DeleteRange KV/Put KV/Range KV/Txn Lease/LeaseRevoke Lease/LeaseTimeToLive"
                    + " Lock/Lock Lock/Unlock Election/Campaign Election/Leader Election/Observe"
                    + " Election/Proclaim Election/Resign"))
        .containsEntry(MethodAccess.BY_WATCH, methods("Watch/Watch"))
        .containsEntry(
            MethodAccess.USER,
            methods("KV/Compact Lease/LeaseGrant Lease/LeaseKeepAlive Lease/LeaseLeases"))
        .containsEntry(
            MethodAccess.ROOT,
            methods(
                "Cluster/MemberAdd Cluster/MemberPromote Cluster/MemberRemove"
                    + " Cluster/MemberUpdate Maintenance/Alarm Maintenance/Downgrade"
                    + " Maintenance/MoveLeader"))
        .containsEntry(
            MethodAccess.ROOT_OF_MEMBER,
            methods(
                "Maintenance/Defragment Maintenance/Hash Maintenance/HashKV"
                    + " Maintenance/Snapshot"));
  }

  private static Set<String> methods(String names) {
    return new TreeSet<>(List.of(names.split(" ")));
  }

  @Test
  void usersAndRolesAreUpToTheStoreAndAskingForATokenIsOpen() {
    assertThat(MethodAccess.of("etcdserverpb.Auth/Authenticate")).isEqualTo(MethodAccess.OPEN);
    assertThat(MethodAccess.of("etcdserverpb.Auth/UserAdd")).isEqualTo(MethodAccess.BY_CONTENT);
  }

  @Test
  void whatNobodyThoughtOfTakesRoot() {
    assertThat(MethodAccess.of("etcdserverpb.Maintenance/New")).isEqualTo(MethodAccess.ROOT);
    assertThat(MethodAccess.of("other.Service/Method")).isEqualTo(MethodAccess.ROOT);
    assertThat(MethodAccess.of("")).isEqualTo(MethodAccess.ROOT);
  }
}
