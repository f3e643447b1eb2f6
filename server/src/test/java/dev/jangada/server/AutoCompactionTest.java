package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.authpb.UserAddOptions;
import dev.jangada.etcd.api.etcdserverpb.AuthEnableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.server.embedded.EmbeddedCluster;
import dev.jangada.server.http.RawHttp;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Compaction that no client asks for, on a cluster with real clocks. */
@Timeout(300)
class AutoCompactionTest {

  private static final String COMPACTED = "etcd_debugging_mvcc_compact_revision ";

  private static long compactedRevision(EmbeddedCluster cluster, int member) throws IOException {
    try (RawHttp http = new RawHttp(cluster.endpoints().get(member).getPort())) {
      return http.get("/metrics")
          .answer()
          .body()
          .lines()
          .filter(line -> line.startsWith(COMPACTED))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(COMPACTED.length())))
          .sum();
    }
  }

  @Test
  void leaderCompactsOnAllMembersAlsoWhilePermissionsCount() {
    try (EmbeddedCluster cluster =
        EmbeddedCluster.builder()
            .members(3)
            .settings(settings ->
                settings.autoCompaction("periodic", "1s").electionTimeout(Duration.ofSeconds(2)))
            .start()) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", cluster.endpoints().get(0).getPort())
              .usePlaintext()
              .build();
      KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
      ByteString key = ByteString.copyFromUtf8("k");
      for (int i = 0; i < 5; i++) {
        var unused = kv.put(PutRequest.newBuilder().setKey(key).build());
      }
      enableAuth(AuthGrpc.newBlockingStub(channel));

      for (int member = 0; member < 3; member++) {
        int each = member;
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> compactedRevision(cluster, each), compacted -> compacted == 6);
      }

      channel.shutdownNow();
    }
  }

  private static void enableAuth(AuthGrpc.AuthBlockingStub auth) {
    var user =
        auth.userAdd(
            AuthUserAddRequest.newBuilder()
                .setName("root")
                .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                .build());
    var role = auth.roleAdd(AuthRoleAddRequest.newBuilder().setName("root").build());
    var granted =
        auth.userGrantRole(
            AuthUserGrantRoleRequest.newBuilder().setUser("root").setRole("root").build());
    var enabled = auth.authEnable(AuthEnableRequest.getDefaultInstance());
    assertThat(user.hasHeader() && role.hasHeader() && granted.hasHeader() && enabled.hasHeader())
        .isTrue();
  }
}
