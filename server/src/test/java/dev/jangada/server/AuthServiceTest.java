package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.authpb.Permission;
import dev.jangada.etcd.api.authpb.UserAddOptions;
import dev.jangada.etcd.api.etcdserverpb.AuthDisableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthEnableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleDeleteRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGetRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleListRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleRevokePermissionRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthStatusRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserChangePasswordRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserDeleteRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGetRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserListRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserRevokeRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthenticateRequest;
import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseLeasesRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveRequest;
import dev.jangada.etcd.api.etcdserverpb.MoveLeaderRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.v3electionpb.ElectionGrpc;
import dev.jangada.etcd.api.v3electionpb.LeaderRequest;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import dev.jangada.etcd.api.v3lockpb.LockRequest;
import dev.jangada.etcd.api.v3lockpb.LockResponse;
import dev.jangada.etcd.api.v3lockpb.UnlockRequest;
import dev.jangada.server.call.EtcdError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What clients see of a cluster in which permissions count. The user {@code u} of most tests may
 * read keys that begin with {@code r} and write those that begin with {@code w}.
 */
@Timeout(300)
class AuthServiceTest extends ClusterTest {

  private static final long SECONDS = 60;

  private String root = "";
  private String user = "";

  @BeforeAll
  void addRoot() {
    addUser(null, "root");
    grantRole(null, "root", "root");
  }

  @BeforeEach
  void enable() {
    addUser(null, "u");
    var added = auth(0, null).roleAdd(AuthRoleAddRequest.newBuilder().setName("some").build());
    assertThat(added.getHeader().getMemberId()).isNotZero();
    grant(null, Permission.Type.READ, "r", "s");
    grant(null, Permission.Type.WRITE, "w", "x");
    grantRole(null, "u", "some");
    var enabled = auth(0, null).authEnable(AuthEnableRequest.getDefaultInstance());
    assertThat(enabled.getHeader().getRevision()).isPositive();
    root = token("root", "pw-root");
    user = token("u", "pw-u");
  }

  @AfterEach
  void disable() {
    String again = token("root", "pw-root");
    var disabled = auth(0, again).authDisable(AuthDisableRequest.getDefaultInstance());
    assertThat(disabled.getHeader().getRevision()).isPositive();
    for (String name :
        auth(0, null).userList(AuthUserListRequest.getDefaultInstance()).getUsersList()) {
      if (!name.equals("root")) {
        var unused = auth(0, null).userDelete(userDelete(name));
      }
    }
    for (String name :
        auth(0, null).roleList(AuthRoleListRequest.getDefaultInstance()).getRolesList()) {
      var unused =
          auth(0, null).roleDelete(AuthRoleDeleteRequest.newBuilder().setRole(name).build());
    }
  }

  // ---------------------------------------------------------------------------------------------

  private static <S extends AbstractStub<S>> S with(@Nullable String token, S stub) {
    S limited = stub.withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    if (token == null) {
      return limited;
    }
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER), token);
    return limited.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  private AuthGrpc.AuthBlockingStub auth(int member, @Nullable String token) {
    return with(token, AuthGrpc.newBlockingStub(cluster.channel(member)));
  }

  private KVGrpc.KVBlockingStub kv(int member, @Nullable String token) {
    return with(token, KVGrpc.newBlockingStub(cluster.channel(member)));
  }

  private LeaseGrpc.LeaseBlockingStub lease(@Nullable String token) {
    return with(token, LeaseGrpc.newBlockingStub(cluster.channel(0)));
  }

  private MaintenanceGrpc.MaintenanceBlockingStub maintenance(@Nullable String token) {
    return with(token, MaintenanceGrpc.newBlockingStub(cluster.channel(0)));
  }

  private String token(String name, String password) {
    return auth(0, null)
        .authenticate(AuthenticateRequest.newBuilder().setName(name).setPassword(password).build())
        .getToken();
  }

  private void addUser(@Nullable String token, String name) {
    var added =
        auth(0, token)
            .userAdd(
                AuthUserAddRequest.newBuilder().setName(name).setPassword("pw-" + name).build());
    assertThat(added.hasHeader()).isTrue();
  }

  private void grantRole(@Nullable String token, String name, String role) {
    var granted =
        auth(0, token)
            .userGrantRole(
                AuthUserGrantRoleRequest.newBuilder().setUser(name).setRole(role).build());
    assertThat(granted.hasHeader()).isTrue();
  }

  private void grant(@Nullable String token, Permission.Type type, String key, String end) {
    var granted =
        auth(0, token)
            .roleGrantPermission(
                AuthRoleGrantPermissionRequest.newBuilder()
                    .setName("some")
                    .setPerm(
                        Permission.newBuilder()
                            .setPermType(type)
                            .setKey(utf8(key))
                            .setRangeEnd(utf8(end)))
                    .build());
    assertThat(granted.hasHeader()).isTrue();
  }

  private void revoke(String key, String end) {
    var revoked =
        auth(1, root)
            .roleRevokePermission(
                AuthRoleRevokePermissionRequest.newBuilder()
                    .setRole("some")
                    .setKey(utf8(key))
                    .setRangeEnd(utf8(end))
                    .build());
    assertThat(revoked.hasHeader()).isTrue();
  }

  private static AuthUserDeleteRequest userDelete(String name) {
    return AuthUserDeleteRequest.newBuilder().setName(name).build();
  }

  private static AuthUserGetRequest userGet(String name) {
    return AuthUserGetRequest.newBuilder().setName(name).build();
  }

  private static AuthRoleGetRequest roleGet(String name) {
    return AuthRoleGetRequest.newBuilder().setRole(name).build();
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static RangeRequest get(String key) {
    return RangeRequest.newBuilder().setKey(utf8(key)).build();
  }

  private static PutRequest put(String key) {
    return PutRequest.newBuilder().setKey(utf8(key)).setValue(utf8("v")).build();
  }

  private static void assertRefused(EtcdError error, Callable<?> call) {
    assertRefused(error.status(), call);
  }

  private static void assertRefused(Status status, Callable<?> call) {
    assertThatThrownBy(call::call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(status.getCode());
              assertThat(e.getStatus().getDescription()).isEqualTo(status.getDescription());
            });
  }

  // ---------------------------------------------------------------------------------------------

  @Test
  void tokenServesOnEveryMemberAtOnce() {
    for (int issuer = 0; issuer < 3; issuer++) {
      // A new user each time, whom the members that did not serve the call may not know yet.
      String name = "new-" + issuer;
      addUser(root, name);
      grantRole(root, name, "some");
      String token =
          auth(issuer, null)
              .authenticate(
                  AuthenticateRequest.newBuilder().setName(name).setPassword("pw-" + name).build())
              .getToken();
      for (int member = 0; member < 3; member++) {
        assertThat(kv(member, token).range(get("r")).hasHeader()).isTrue();
        assertThat(kv(member, token).put(put("w")).hasHeader()).isTrue();
      }
    }
  }

  @Test
  void tokenIsTakenFromEitherOfItsPlaces() {
    for (String value : new String[] {user, "Bearer " + user}) {
      Metadata metadata = new Metadata();
      metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), value);
      RangeResponse read =
          kv(0, null)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
              .range(get("r"));
      assertThat(read.hasHeader()).isTrue();
    }
  }

  @Test
  void wrongPasswordsUnknownUsersAndThoseWithoutPasswordAreAllToldTheSame() {
    var added =
        auth(0, root)
            .userAdd(
                AuthUserAddRequest.newBuilder()
                    .setName("passwordless")
                    .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                    .build());
    assertThat(added.hasHeader()).isTrue();

    assertRefused(EtcdError.AUTHENTICATION_FAILED, () -> token("u", "wrong"));
    assertRefused(EtcdError.AUTHENTICATION_FAILED, () -> token("u", ""));
    assertRefused(EtcdError.AUTHENTICATION_FAILED, () -> token("nobody", "pw"));
    assertRefused(EtcdError.AUTHENTICATION_FAILED, () -> token("", ""));
    assertRefused(EtcdError.AUTHENTICATION_FAILED, () -> token("passwordless", ""));
    assertRefused(EtcdError.AUTHENTICATION_FAILED, () -> token("passwordless", "x"));
  }

  @Test
  void whoSaysNothingIsRefusedAndAForgedTokenIsToo() {
    assertRefused(EtcdError.USER_NAME_EMPTY, () -> kv(0, null).range(get("r")));
    assertRefused(EtcdError.USER_NAME_EMPTY, () -> kv(0, null).put(put("w")));
    assertRefused(
        EtcdError.USER_NAME_EMPTY,
        () -> kv(0, null).compact(CompactionRequest.getDefaultInstance()));
    String forged = user.substring(0, user.length() - 2);
    for (String token : new String[] {"x", "", forged}) {
      assertRefused(EtcdError.INVALID_AUTH_TOKEN, () -> kv(0, token).range(get("r")));
      assertRefused(EtcdError.INVALID_AUTH_TOKEN, () -> kv(0, token).put(put("w")));
      // A token does not stand in the way of asking for another.
      assertThat(
              auth(0, token)
                  .authenticate(
                      AuthenticateRequest.newBuilder().setName("u").setPassword("pw-u").build())
                  .getToken())
          .isNotEmpty();
    }
  }

  /** It says to be of a later state than this member has, which is then asked for in vain. */
  @Test
  void tokenFromAFutureThatNeverComesIsRefused() {
    byte[] content =
        ByteBuffer.allocate(18).put((byte) 1).putLong(999).putLong(1).put((byte) 'u').array();
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(content) + ".AAAA";

    for (int member = 0; member < 3; member++) {
      KVGrpc.KVBlockingStub stub = kv(member, token);
      assertRefused(EtcdError.INVALID_AUTH_TOKEN, () -> stub.range(get("r")));
    }
  }

  @Test
  void changedPasswordEndsOldTokensAndSoDoesDeletion() {
    assertThat(kv(1, user).range(get("r")).hasHeader()).isTrue();
    var changed =
        auth(0, root)
            .userChangePassword(
                AuthUserChangePasswordRequest.newBuilder().setName("u").setPassword("new").build());
    assertThat(changed.hasHeader()).isTrue();

    for (int member = 0; member < 3; member++) {
      KVGrpc.KVBlockingStub stub = kv(member, user);
      assertRefused(EtcdError.INVALID_AUTH_TOKEN, () -> stub.range(get("r")));
      assertRefused(EtcdError.INVALID_AUTH_TOKEN, () -> stub.put(put("w")));
    }
    assertRefused(EtcdError.AUTHENTICATION_FAILED, () -> token("u", "pw-u"));
    String renewed = token("u", "new");
    assertThat(kv(1, renewed).range(get("r")).hasHeader()).isTrue();

    var deleted = auth(0, root).userDelete(userDelete("u"));
    assertThat(deleted.hasHeader()).isTrue();
    addUser(root, "u");
    assertRefused(EtcdError.INVALID_AUTH_TOKEN, () -> kv(2, renewed).put(put("w")));
  }

  @Test
  void tokensEndWhenPermissionsCountAnew() {
    var disabled = auth(0, root).authDisable(AuthDisableRequest.getDefaultInstance());
    assertThat(disabled.hasHeader()).isTrue();
    assertThat(kv(0, user).range(get("x")).hasHeader()).as("nobody is asked").isTrue();
    assertRefused(EtcdError.AUTH_NOT_ENABLED, () -> token("u", "pw-u"));
    var enabled = auth(0, null).authEnable(AuthEnableRequest.getDefaultInstance());
    assertThat(enabled.hasHeader()).isTrue();

    assertRefused(EtcdError.INVALID_AUTH_TOKEN, () -> kv(0, user).range(get("r")));
  }

  @Test
  void permissionsDecideOnReadsWritesAndTransactions() {
    assertThat(kv(0, user).range(get("r/1")).hasHeader()).isTrue();
    assertThat(kv(0, user).put(put("w/1")).hasHeader()).isTrue();
    assertRefused(EtcdError.PERMISSION_DENIED, () -> kv(0, user).range(get("w/1")));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> kv(0, user).range(get("w/1").toBuilder().setSerializable(true).build()));
    assertRefused(EtcdError.PERMISSION_DENIED, () -> kv(0, user).put(put("r/1")));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> kv(0, user).put(put("w/1").toBuilder().setPrevKv(true).build()));
    // Open at its end: more than what begins with r.
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () ->
            kv(0, user)
                .range(get("r").toBuilder().setRangeEnd(ByteString.copyFrom(new byte[1])).build()));
    TxnRequest reads = txn(RequestOp.newBuilder().setRequestRange(get("w/1")).build());
    assertRefused(EtcdError.PERMISSION_DENIED, () -> kv(0, user).txn(reads));
    TxnRequest nested = txn(RequestOp.newBuilder().setRequestTxn(reads).build());
    assertRefused(EtcdError.PERMISSION_DENIED, () -> kv(0, user).txn(nested));
    TxnRequest writes =
        txn(
            RequestOp.newBuilder()
                .setRequestTxn(txn(RequestOp.newBuilder().setRequestPut(put("r/1")).build()))
                .build());
    assertRefused(EtcdError.PERMISSION_DENIED, () -> kv(0, user).txn(writes));
    assertThat(
            kv(0, user).compact(CompactionRequest.newBuilder().setRevision(2).build()).hasHeader())
        .isTrue();
  }

  private static TxnRequest txn(RequestOp operation) {
    return TxnRequest.newBuilder().addSuccess(operation).build();
  }

  @Test
  void rolesAndUsersAreToldToThemselvesAndToRoot() {
    assertThat(auth(1, user).userGet(userGet("u")).getRolesList()).containsExactly("some");
    assertThat(auth(1, user).roleGet(roleGet("some")).getPermCount()).isEqualTo(2);
    assertRefused(EtcdError.PERMISSION_DENIED, () -> auth(1, user).userGet(userGet("root")));
    assertRefused(EtcdError.PERMISSION_DENIED, () -> auth(1, user).userGet(userGet("nobody")));
    assertRefused(EtcdError.PERMISSION_DENIED, () -> auth(1, user).roleGet(roleGet("root")));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> auth(1, user).userList(AuthUserListRequest.getDefaultInstance()));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> auth(1, user).roleList(AuthRoleListRequest.getDefaultInstance()));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> auth(1, user).authStatus(AuthStatusRequest.getDefaultInstance()));
    assertRefused(
        EtcdError.USER_NAME_EMPTY,
        () -> auth(1, null).authStatus(AuthStatusRequest.getDefaultInstance()));

    assertRefused(EtcdError.USER_NOT_FOUND, () -> auth(1, root).userGet(userGet("nobody")));
    assertRefused(EtcdError.ROLE_NOT_FOUND, () -> auth(1, root).roleGet(roleGet("root")));
    var added = auth(0, root).roleAdd(AuthRoleAddRequest.newBuilder().setName("root").build());
    assertThat(added.hasHeader()).isTrue();
    Permission everything = auth(1, root).roleGet(roleGet("root")).getPerm(0);
    assertThat(everything.getPermType()).isEqualTo(Permission.Type.READWRITE);
    assertThat(everything.getRangeEnd()).isEqualTo(ByteString.copyFrom(new byte[1]));
    assertThat(auth(1, root).userList(AuthUserListRequest.getDefaultInstance()).getUsersList())
        .contains("root", "u");
    var status = auth(2, root).authStatus(AuthStatusRequest.getDefaultInstance());
    assertThat(status.getEnabled()).isTrue();
    assertThat(status.getAuthRevision()).isPositive();
  }

  @Test
  void onlyRootChangesUsersAndRoles() {
    AuthUserAddRequest add = AuthUserAddRequest.newBuilder().setName("x").setPassword("p").build();
    assertRefused(EtcdError.PERMISSION_DENIED, () -> auth(0, user).userAdd(add));
    assertRefused(EtcdError.USER_NAME_EMPTY, () -> auth(0, null).userAdd(add));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () ->
            auth(0, user)
                .userChangePassword(
                    AuthUserChangePasswordRequest.newBuilder()
                        .setName("u")
                        .setPassword("p")
                        .build()));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () ->
            auth(0, user)
                .userGrantRole(
                    AuthUserGrantRoleRequest.newBuilder().setUser("u").setRole("root").build()));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> auth(0, user).authDisable(AuthDisableRequest.getDefaultInstance()));
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> auth(0, user).authEnable(AuthEnableRequest.getDefaultInstance()));
    assertRefused(
        EtcdError.INVALID_AUTH_MANAGEMENT, () -> auth(0, root).userDelete(userDelete("root")));
    assertRefused(
        EtcdError.INVALID_AUTH_MANAGEMENT,
        () ->
            auth(0, root)
                .userRevokeRole(
                    AuthUserRevokeRoleRequest.newBuilder()
                        .setName("root")
                        .setRole("root")
                        .build()));
    assertRefused(
        EtcdError.USER_NAME_EMPTY,
        () -> auth(0, root).userAdd(add.toBuilder().clearName().build()));
    assertRefused(
        EtcdError.EMPTY_PASSWORD,
        () -> auth(0, root).userAdd(add.toBuilder().clearPassword().build()));
    assertRefused(
        EtcdError.PERMISSION_NOT_GIVEN,
        () ->
            auth(0, root)
                .roleGrantPermission(
                    AuthRoleGrantPermissionRequest.newBuilder().setName("some").build()));
  }

  @Test
  void methodsThatAreAboutTheMemberTakeRootOrAnyUser() {
    assertThat(maintenance(null).status(StatusRequest.getDefaultInstance()).hasHeader()).isTrue();
    assertRefused(
        Status.UNKNOWN.withDescription("auth: permission denied"),
        () -> maintenance(user).hashKV(HashKVRequest.getDefaultInstance()));
    assertRefused(
        Status.UNKNOWN.withDescription("auth: user name is empty"),
        () -> maintenance(null).hashKV(HashKVRequest.getDefaultInstance()));
    assertThat(maintenance(root).hashKV(HashKVRequest.getDefaultInstance()).hasHeader()).isTrue();
    assertRefused(
        EtcdError.PERMISSION_DENIED,
        () -> maintenance(user).moveLeader(MoveLeaderRequest.getDefaultInstance()));
    ClusterGrpc.ClusterBlockingStub members = ClusterGrpc.newBlockingStub(cluster.channel(0));
    // Whom to reach is asked before anybody can have logged in.
    for (@Nullable String token : new @Nullable String[] {null, user}) {
      assertThat(
              with(token, members)
                  .memberList(MemberListRequest.getDefaultInstance())
                  .getMembersCount())
          .isEqualTo(3);
    }
    assertRefused(
        EtcdError.USER_NAME_EMPTY,
        () -> with(null, members).memberRemove(MemberRemoveRequest.newBuilder().setID(1).build()));
  }

  @Test
  void leasesTakeAUserAndTheirKeysPermission() throws InterruptedException {
    assertRefused(
        EtcdError.USER_NAME_EMPTY,
        () -> lease(null).leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()));
    assertRefused(
        EtcdError.USER_NAME_EMPTY,
        () -> lease(null).leaseLeases(LeaseLeasesRequest.getDefaultInstance()));
    long id = lease(user).leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()).getID();
    assertThat(kv(0, user).put(put("w").toBuilder().setLease(id).build()).hasHeader()).isTrue();
    LeaseTimeToLiveRequest withKeys =
        LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build();
    assertRefused(EtcdError.PERMISSION_DENIED, () -> lease(user).leaseTimeToLive(withKeys));
    assertThat(
            lease(user)
                .leaseTimeToLive(withKeys.toBuilder().setKeys(false).build())
                .getGrantedTTL())
        .isEqualTo(60);
    assertThat(lease(root).leaseTimeToLive(withKeys).getKeysCount()).isEqualTo(1);

    assertThat(keepAlive(user, id)).isEqualTo(60L);
    assertThat(keepAlive(null, id)).isEqualTo(EtcdError.USER_NAME_EMPTY.text());
    assertThat(keepAlive("x", id)).isEqualTo(EtcdError.INVALID_AUTH_TOKEN.text());

    assertThat(kv(0, root).put(put("x").toBuilder().setLease(id).build()).hasHeader()).isTrue();
    LeaseRevokeRequest revoke = LeaseRevokeRequest.newBuilder().setID(id).build();
    assertRefused(EtcdError.PERMISSION_DENIED, () -> lease(user).leaseRevoke(revoke));
    assertRefused(EtcdError.USER_NAME_EMPTY, () -> lease(null).leaseRevoke(revoke));
    assertThat(lease(root).leaseRevoke(revoke).hasHeader()).isTrue();
  }

  /** The time to live that a keep-alive is answered with, or the text of the refusal. */
  private Object keepAlive(@Nullable String token, long id) throws InterruptedException {
    BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    StreamObserver<LeaseKeepAliveRequest> stream =
        with(token, LeaseGrpc.newStub(cluster.channel(0)))
            .leaseKeepAlive(
                new Recorder<LeaseKeepAliveResponse>(heard, LeaseKeepAliveResponse::getTTL));
    stream.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
    Object answer = next(heard);
    stream.onCompleted();
    return answer;
  }

  private static Object next(BlockingQueue<Object> heard) throws InterruptedException {
    Object next = heard.poll(SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing heard in " + SECONDS + " s");
    }
    return next;
  }

  /** Puts what a stream brings into a queue, a failure as its text. */
  private record Recorder<T>(BlockingQueue<Object> heard, Function<T, Object> describe)
      implements StreamObserver<T> {

    @Override
    public void onNext(T message) {
      heard.add(describe.apply(message));
    }

    @Override
    public void onError(Throwable failure) {
      heard.add(String.valueOf(Status.fromThrowable(failure).getDescription()));
    }

    @Override
    public void onCompleted() {
      heard.add("completed");
    }
  }

  /** A client's stream of watches, and what came over it. */
  private final class Watches implements AutoCloseable {
    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    private final StreamObserver<WatchRequest> stream;

    Watches(@Nullable String token) {
      stream =
          with(token, WatchGrpc.newStub(cluster.channel(0)))
              .watch(new Recorder<WatchResponse>(heard, response -> response));
    }

    WatchResponse create(String key, String end) throws InterruptedException {
      stream.onNext(
          WatchRequest.newBuilder()
              .setCreateRequest(
                  WatchCreateRequest.newBuilder().setKey(utf8(key)).setRangeEnd(utf8(end)))
              .build());
      return next();
    }

    WatchResponse next() throws InterruptedException {
      return (WatchResponse) AuthServiceTest.next(heard);
    }

    @Override
    public void close() {
      stream.onCompleted();
    }
  }

  private static void assertCanceled(WatchResponse response, String code, EtcdError error) {
    assertThat(response.getCanceled()).as("%s", response).isTrue();
    assertThat(response.getCancelReason())
        .isEqualTo("rpc error: code = " + code + " desc = " + error.text());
  }

  @Test
  void watchTakesReadPermissionAndTheStreamStaysOpen() throws InterruptedException {
    try (Watches watches = new Watches(user)) {
      for (String[] forbidden : new String[][] {{"w", ""}, {"r", "\0"}, {"q", "s"}, {"r", "t"}}) {
        WatchResponse refused = watches.create(forbidden[0], forbidden[1]);
        assertCanceled(refused, "PermissionDenied", EtcdError.PERMISSION_DENIED);
        assertThat(refused.getCreated()).isTrue();
        assertThat(refused.getWatchId()).isEqualTo(-1);
      }
      assertThat(watches.create("r", "s").getCanceled()).isFalse();
      assertThat(kv(0, root).put(put("r/1")).hasHeader()).isTrue();
      assertThat(watches.next().getEventsCount()).isEqualTo(1);
    }
    try (Watches watches = new Watches(null)) {
      assertCanceled(watches.create("r", ""), "InvalidArgument", EtcdError.USER_NAME_EMPTY);
    }
    try (Watches watches = new Watches("x")) {
      assertCanceled(watches.create("r", ""), "Unauthenticated", EtcdError.INVALID_AUTH_TOKEN);
    }
  }

  @Test
  void watchEndsWithThePermissionAndTellsNothingAfter() throws InterruptedException {
    grant(root, Permission.Type.READ, "k", "l");
    try (Watches watches = new Watches(user)) {
      long first = watches.create("r", "s").getWatchId();
      long second = watches.create("k", "").getWatchId();
      assertThat(first).isNotEqualTo(second);

      revoke("r", "s");
      assertThat(kv(0, root).put(put("r/secret")).hasHeader()).isTrue();
      assertThat(kv(0, root).put(put("k")).hasHeader()).isTrue();

      WatchResponse ended = watches.next();
      assertCanceled(ended, "PermissionDenied", EtcdError.PERMISSION_DENIED);
      assertThat(ended.getWatchId()).isEqualTo(first);
      WatchResponse goesOn = watches.next();
      assertThat(goesOn.getWatchId()).isEqualTo(second);
      assertThat(goesOn.getEvents(0).getKv().getKey()).isEqualTo(utf8("k"));

      var deleted = auth(0, root).userDelete(userDelete("u"));
      assertThat(deleted.hasHeader()).isTrue();
      assertCanceled(watches.next(), "Unauthenticated", EtcdError.INVALID_AUTH_TOKEN);
    }
  }

  @Test
  void watchThatBeganBeforePermissionsCountedEnds() throws InterruptedException {
    var disabled = auth(0, root).authDisable(AuthDisableRequest.getDefaultInstance());
    assertThat(disabled.hasHeader()).isTrue();
    try (Watches watches = new Watches(null)) {
      assertThat(watches.create("x", "").getCanceled()).isFalse();
      var enabled = auth(0, null).authEnable(AuthEnableRequest.getDefaultInstance());
      assertThat(enabled.hasHeader()).isTrue();
      assertCanceled(watches.next(), "InvalidArgument", EtcdError.USER_NAME_EMPTY);
    }
  }

  @Test
  void locksAndElectionsTakePermissionForTheirKeys() {
    LockGrpc.LockBlockingStub locks = LockGrpc.newBlockingStub(cluster.channel(0));
    ElectionGrpc.ElectionBlockingStub elections = ElectionGrpc.newBlockingStub(cluster.channel(0));
    LockRequest writable = LockRequest.newBuilder().setName(utf8("w/lock")).build();
    LeaderRequest unreadable = LeaderRequest.newBuilder().setName(utf8("w/election")).build();
    assertRefused(EtcdError.USER_NAME_EMPTY, () -> with(null, locks).lock(writable));
    assertRefused(EtcdError.PERMISSION_DENIED, () -> with(user, locks).lock(writable));
    assertRefused(EtcdError.PERMISSION_DENIED, () -> with(user, elections).leader(unreadable));
    Iterator<?> observed = with(user, elections).observe(unreadable);
    assertRefused(EtcdError.PERMISSION_DENIED, observed::next);

    grant(root, Permission.Type.READWRITE, "w", "x");
    LockResponse held = with(user, locks).lock(writable);
    assertThat(held.getKey().toStringUtf8()).startsWith("w/lock/");
    assertThat(
            with(user, locks)
                .unlock(UnlockRequest.newBuilder().setKey(held.getKey()).build())
                .hasHeader())
        .isTrue();
    assertThatThrownBy(() -> with(user, elections).leader(unreadable))
        .hasMessageContaining("no leader");
  }

  @Test
  void lockIsWaitedForOnBehalfOfItsCaller() throws Exception {
    grant(root, Permission.Type.READWRITE, "w", "x");
    LockRequest request = LockRequest.newBuilder().setName(utf8("w/queue")).build();
    LockGrpc.LockBlockingStub locks = LockGrpc.newBlockingStub(cluster.channel(0));
    LockResponse first = with(root, locks).lock(request);
    BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    with(user, LockGrpc.newStub(cluster.channel(1)))
        .lock(request, new Recorder<LockResponse>(heard, LockResponse::getKey));

    assertThat(
            with(root, locks)
                .unlock(UnlockRequest.newBuilder().setKey(first.getKey()).build())
                .hasHeader())
        .isTrue();

    assertThat(next(heard)).isInstanceOf(ByteString.class);
  }
}
