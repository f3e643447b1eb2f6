package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.AuthEnableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthenticateRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A member that was away while permissions began to count. */
@Timeout(300)
class AuthLagTest {

  @Test
  void memberThatLagsWaitsUntilItKnowsTheTokensOfTheOthers(@TempDir Path directory)
      throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      cluster.stop(2);
      AuthGrpc.AuthBlockingStub auth =
          AuthGrpc.newBlockingStub(cluster.channel(0)).withDeadlineAfter(60, TimeUnit.SECONDS);
      var added =
          auth.userAdd(AuthUserAddRequest.newBuilder().setName("root").setPassword("pw").build());
      var granted =
          auth.userGrantRole(
              AuthUserGrantRoleRequest.newBuilder().setUser("root").setRole("root").build());
      var enabled = auth.authEnable(AuthEnableRequest.getDefaultInstance());
      assertThat(List.of(added, granted, enabled)).hasSize(3);
      Metadata token = new Metadata();
      token.put(
          Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER),
          auth.authenticate(
                  AuthenticateRequest.newBuilder().setName("root").setPassword("pw").build())
              .getToken());

      // The one that was away, alone: it cannot find out what it missed.
      cluster.stop(0);
      cluster.stop(1);
      cluster.start(2);
      PutRequest put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();
      ListenableFuture<PutResponse> answer =
          KVGrpc.newFutureStub(cluster.channel(2))
              .withWaitForReady()
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(token))
              .put(put);
      // When a later call over the same connection has been answered, this one has arrived.
      var unused = cluster.maintenance(2).status(StatusRequest.getDefaultInstance());
      assertThat(answer.isDone()).isFalse();

      cluster.start(0);

      assertThat(answer.get().getHeader().getRevision()).isEqualTo(2);
    }
  }
}
