package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.authpb.Permission;
import dev.jangada.etcd.api.authpb.UserAddOptions;
import dev.jangada.etcd.api.etcdserverpb.AuthEnableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.server.embedded.FreePorts;
import dev.jangada.server.tls.TestAuthority;
import dev.jangada.server.tls.TlsFiles;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users who are known by their certificates, as in etcd. */
class CertificateUserTest {

  @TempDir private Path directory;

  private final TestAuthority authority = new TestAuthority("ours");
  private final List<ManagedChannel> channels = new ArrayList<>();
  private JangadaServer server;
  private int port;

  @SuppressWarnings("NullAway.Init") // set before each test
  CertificateUserTest() {}

  private void start(boolean requireClients) throws IOException {
    List<Integer> ports = FreePorts.find(2);
    port = ports.get(0);
    server =
        JangadaServer.start(
            ServerConfig.builder()
                .dataDirectory(directory.resolve("data"))
                .listenClientUrls(List.of(URI.create("https://127.0.0.1:" + port)))
                .listenPeerUrls(List.of(URI.create("http://127.0.0.1:" + ports.get(1))))
                .clientTls(authority.issue(directory, "server", Duration.ofDays(5), requireClients))
                .build());
    AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(channel("root"));
    for (String user : List.of("root", "alice")) {
      var added =
          auth.userAdd(
              AuthUserAddRequest.newBuilder()
                  .setName(user)
                  .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                  .build());
      var role = auth.roleAdd(AuthRoleAddRequest.newBuilder().setName(user).build());
      var granted =
          auth.userGrantRole(
              AuthUserGrantRoleRequest.newBuilder().setUser(user).setRole(user).build());
      assertThat(List.of(added, role, granted)).hasSize(3);
    }
    var permitted =
        auth.roleGrantPermission(
            AuthRoleGrantPermissionRequest.newBuilder()
                .setName("alice")
                .setPerm(
                    Permission.newBuilder()
                        .setPermType(Permission.Type.READWRITE)
                        .setKey(ByteString.copyFromUtf8("a")))
                .build());
    var enabled = auth.authEnable(AuthEnableRequest.getDefaultInstance());
    assertThat(List.of(permitted, enabled)).hasSize(2);
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    server.close();
  }

  private ManagedChannel channel(String subject) throws IOException {
    TlsFiles files = authority.issue(directory, subject, Duration.ofDays(5), false);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(authority.certificate())
                    .keyManager(files.certificate().toFile(), files.key().toFile())
                    .build())
            .build();
    channels.add(channel);
    return channel;
  }

  private KVGrpc.KVBlockingStub kv(String subject) throws IOException {
    return KVGrpc.newBlockingStub(channel(subject)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static PutRequest put(String key) {
    return PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(StatusRuntimeException.class).hasMessage(message);
  }

  @Test
  void certificateOfAUserIsTheUserAndNoMore() throws IOException {
    start(true);

    assertThat(kv("alice").put(put("a")).hasHeader()).isTrue();
    assertRefused(
        () -> kv("alice").put(put("b")), "PERMISSION_DENIED: etcdserver: permission denied");
    assertThat(kv("root").put(put("b")).hasHeader()).isTrue();
    assertRefused(
        () -> kv("nobody").put(put("a")), "INVALID_ARGUMENT: etcdserver: user name is empty");
  }

  @Test
  void tokenCountsBeforeTheCertificate() throws IOException {
    start(true);
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER), "rubbish");
    KVGrpc.KVBlockingStub withToken =
        kv("alice").withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));

    assertRefused(
        () -> withToken.range(RangeRequest.newBuilder().setKey(put("a").getKey()).build()),
        "UNAUTHENTICATED: etcdserver: invalid auth token");
  }

  /** Where certificates are not required they are not looked at. */
  @Test
  void certificateNamesNobodyUnlessAllClientsNeedOne() throws IOException {
    start(false);

    assertRefused(
        () -> kv("root").put(put("a")), "INVALID_ARGUMENT: etcdserver: user name is empty");
  }
}
