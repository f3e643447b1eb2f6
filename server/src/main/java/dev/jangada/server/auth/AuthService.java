package dev.jangada.server.auth;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.authpb.Permission;
import dev.jangada.etcd.api.etcdserverpb.AuthDisableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthDisableResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthEnableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthEnableResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleAddResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleDeleteRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleDeleteResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGetRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGetResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGrantPermissionResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleListRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleListResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleRevokePermissionRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleRevokePermissionResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthStatusRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthStatusResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserChangePasswordRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserChangePasswordResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserDeleteRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserDeleteResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGetRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGetResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserListRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserListResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserRevokeRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserRevokeRoleResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthenticateRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthenticateResponse;
import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.auth.AuthRole;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.auth.AuthUser;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.Secret;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import io.grpc.stub.StreamObserver;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Users, roles, and tokens for those who know a password.
 *
 * <p>Changes go through the log, and whether the caller may make them is decided when they are
 * applied. Questions, a password being right among them, are answered from the state up to what may
 * have been acknowledged to anyone before: a password that has been changed is not accepted by a
 * member that has not heard of it.
 */
public final class AuthService extends AuthGrpc.AuthImplBase {

  private static final int TOKEN_SECRET_BYTES = 32;

  private final RaftNode node;
  private final KvStateMachine store;
  private final Proposals proposals;
  private final ReadPool readPool;
  private final Headers headers;
  private final RequestDeadline deadline;
  private final PasswordHasher passwords;
  private final Tokens tokens;
  private final SecureRandom random = new SecureRandom();

  /** Works on what is given, and closes none of it. */
  public AuthService(
      RaftNode node,
      KvStateMachine store,
      Proposals proposals,
      ReadPool readPool,
      Headers headers,
      RequestDeadline deadline,
      PasswordHasher passwords,
      Tokens tokens) {
    this.node = node;
    this.store = store;
    this.proposals = proposals;
    this.readPool = readPool;
    this.headers = headers;
    this.deadline = deadline;
    this.passwords = passwords;
    this.tokens = tokens;
  }

  // ---------------------------------------------------------------------------------------------
  // Tokens
  // ---------------------------------------------------------------------------------------------

  @Override
  public void authenticate(
      AuthenticateRequest request, StreamObserver<AuthenticateResponse> observer) {
    Reply<AuthenticateResponse> reply = new Reply<>(observer);
    whenSafe(
        reply,
        () -> {
          AuthState auth = store.auth();
          if (!auth.enabled()) {
            throw EtcdError.AUTH_NOT_ENABLED.exception();
          }
          AuthUser user = auth.users().get(request.getName());
          Caller caller = new Caller(request.getName(), auth.revision());
          reply.after(
              unlessTooMany(
                  passwords.matches(
                      request.getPassword(),
                      user == null ? null : user.passwordHash(),
                      reply::isAnswered)),
              matches -> {
                if (!matches) {
                  throw EtcdError.AUTHENTICATION_FAILED.exception();
                }
                reply.send(
                    AuthenticateResponse.newBuilder()
                        .setHeader(header())
                        // As of when the password was looked up: if it is changed while it is
                        // compared, the
                        // token does not count.
                        .setToken(tokens.issue(caller, auth))
                        .build());
              });
        });
  }

  private static <T> CompletableFuture<T> unlessTooMany(CompletableFuture<T> hashing) {
    return hashing.exceptionallyCompose(failure ->
        CompletableFuture.failedFuture(
            failure instanceof RejectedExecutionException
                ? EtcdError.TOO_MANY_REQUESTS.exception()
                : failure));
  }

  // ---------------------------------------------------------------------------------------------
  // Whether permissions count
  // ---------------------------------------------------------------------------------------------

  @Override
  public void authEnable(AuthEnableRequest request, StreamObserver<AuthEnableResponse> observer) {
    byte[] secret = new byte[TOKEN_SECRET_BYTES];
    random.nextBytes(secret);
    change(
        new Reply<>(observer),
        new AuthCommand.Enable(Secret.of(secret)),
        header -> AuthEnableResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void authDisable(
      AuthDisableRequest request, StreamObserver<AuthDisableResponse> observer) {
    change(
        new Reply<>(observer),
        new AuthCommand.Disable(),
        header -> AuthDisableResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void authStatus(AuthStatusRequest request, StreamObserver<AuthStatusResponse> observer) {
    ask(
        new Reply<>(observer),
        AuthState::checkRoot,
        auth ->
            AuthStatusResponse.newBuilder()
                .setHeader(header())
                .setEnabled(auth.enabled())
                .setAuthRevision(auth.revision())
                .build());
  }

  // ---------------------------------------------------------------------------------------------
  // Users
  // ---------------------------------------------------------------------------------------------

  @Override
  public void userAdd(AuthUserAddRequest request, StreamObserver<AuthUserAddResponse> observer) {
    Reply<AuthUserAddResponse> reply = new Reply<>(observer);
    String name = request.getName();
    Function<ResponseHeader, AuthUserAddResponse> answer =
        header -> AuthUserAddResponse.newBuilder().setHeader(header).build();
    if (request.getOptions().getNoPassword()) {
      change(reply, new AuthCommand.AddUser(name, null), answer);
    } else if (name.isEmpty()) {
      reply.refuse(EtcdError.USER_NAME_EMPTY);
    } else {
      changePassword(
          reply, request.getPassword(), hash -> new AuthCommand.AddUser(name, hash), answer);
    }
  }

  @Override
  public void userChangePassword(
      AuthUserChangePasswordRequest request,
      StreamObserver<AuthUserChangePasswordResponse> observer) {
    changePassword(
        new Reply<>(observer),
        request.getPassword(),
        hash -> new AuthCommand.ChangePassword(request.getName(), hash),
        header -> AuthUserChangePasswordResponse.newBuilder().setHeader(header).build());
  }

  /** Hashes a password, for those only who may set one, because it costs. */
  private <T> void changePassword(
      Reply<T> reply,
      String password,
      Function<Secret, AuthCommand> command,
      Function<ResponseHeader, T> answer) {
    if (password.isEmpty()) {
      reply.refuse(EtcdError.EMPTY_PASSWORD);
      return;
    }
    Caller caller = CallIdentity.currentCaller();
    Proposals own = proposals.ofCaller();
    whenSafe(
        reply,
        () -> {
          unlessRefused(store.auth().checkRoot(caller));
          reply.after(
              unlessTooMany(passwords.hash(password, reply::isAnswered)),
              hash -> change(reply, own, command.apply(hash), answer));
        });
  }

  @Override
  public void userGet(AuthUserGetRequest request, StreamObserver<AuthUserGetResponse> observer) {
    ask(
        new Reply<>(observer),
        (auth, caller) -> auth.checkReadUser(caller, request.getName()),
        auth -> {
          AuthUser user = auth.users().get(request.getName());
          if (user == null) {
            throw EtcdError.USER_NOT_FOUND.exception();
          }
          return AuthUserGetResponse.newBuilder()
              .setHeader(header())
              .addAllRoles(user.roles())
              .build();
        });
  }

  @Override
  public void userList(AuthUserListRequest request, StreamObserver<AuthUserListResponse> observer) {
    ask(
        new Reply<>(observer),
        AuthState::checkRoot,
        auth ->
            AuthUserListResponse.newBuilder()
                .setHeader(header())
                .addAllUsers(auth.users().keySet())
                .build());
  }

  @Override
  public void userDelete(
      AuthUserDeleteRequest request, StreamObserver<AuthUserDeleteResponse> observer) {
    change(
        new Reply<>(observer),
        new AuthCommand.DeleteUser(request.getName()),
        header -> AuthUserDeleteResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void userGrantRole(
      AuthUserGrantRoleRequest request, StreamObserver<AuthUserGrantRoleResponse> observer) {
    change(
        new Reply<>(observer),
        new AuthCommand.GrantRole(request.getUser(), request.getRole()),
        header -> AuthUserGrantRoleResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void userRevokeRole(
      AuthUserRevokeRoleRequest request, StreamObserver<AuthUserRevokeRoleResponse> observer) {
    change(
        new Reply<>(observer),
        new AuthCommand.RevokeRole(request.getName(), request.getRole()),
        header -> AuthUserRevokeRoleResponse.newBuilder().setHeader(header).build());
  }

  // ---------------------------------------------------------------------------------------------
  // Roles
  // ---------------------------------------------------------------------------------------------

  @Override
  public void roleAdd(AuthRoleAddRequest request, StreamObserver<AuthRoleAddResponse> observer) {
    change(
        new Reply<>(observer),
        new AuthCommand.AddRole(request.getName()),
        header -> AuthRoleAddResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void roleGet(AuthRoleGetRequest request, StreamObserver<AuthRoleGetResponse> observer) {
    String name = request.getRole();
    ask(
        new Reply<>(observer),
        (auth, caller) -> auth.checkReadRole(caller, name),
        auth -> {
          AuthRole role = auth.roles().get(name);
          if (role == null) {
            throw EtcdError.ROLE_NOT_FOUND.exception();
          }
          List<dev.jangada.kv.command.Permission> permissions =
              name.equals(AuthState.ROOT) ? List.of(AuthState.EVERYTHING) : role.permissions();
          return AuthRoleGetResponse.newBuilder()
              .setHeader(header())
              .addAllPerm(permissions.stream().map(AuthService::permission).toList())
              .build();
        });
  }

  private static Permission permission(dev.jangada.kv.command.Permission permission) {
    return Permission.newBuilder()
        .setPermType(
            switch (permission.type()) {
              case READ -> Permission.Type.READ;
              case WRITE -> Permission.Type.WRITE;
              case READWRITE -> Permission.Type.READWRITE;
            })
        .setKey(ByteString.copyFrom(permission.key().array()))
        .setRangeEnd(ByteString.copyFrom(permission.rangeEnd().array()))
        .build();
  }

  @Override
  public void roleList(AuthRoleListRequest request, StreamObserver<AuthRoleListResponse> observer) {
    ask(
        new Reply<>(observer),
        AuthState::checkRoot,
        auth ->
            AuthRoleListResponse.newBuilder()
                .setHeader(header())
                .addAllRoles(auth.roles().keySet())
                .build());
  }

  @Override
  public void roleDelete(
      AuthRoleDeleteRequest request, StreamObserver<AuthRoleDeleteResponse> observer) {
    change(
        new Reply<>(observer),
        new AuthCommand.DeleteRole(request.getRole()),
        header -> AuthRoleDeleteResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void roleGrantPermission(
      AuthRoleGrantPermissionRequest request,
      StreamObserver<AuthRoleGrantPermissionResponse> observer) {
    Reply<AuthRoleGrantPermissionResponse> reply = new Reply<>(observer);
    if (!request.hasPerm()) {
      reply.refuse(EtcdError.PERMISSION_NOT_GIVEN);
      return;
    }
    Permission permission = request.getPerm();
    dev.jangada.kv.command.Permission.Type type =
        switch (permission.getPermType()) {
          case READ -> dev.jangada.kv.command.Permission.Type.READ;
          case WRITE -> dev.jangada.kv.command.Permission.Type.WRITE;
          case READWRITE -> dev.jangada.kv.command.Permission.Type.READWRITE;
          case UNRECOGNIZED -> null;
        };
    if (type == null) {
      reply.refuse(EtcdError.INVALID_AUTH_MANAGEMENT);
      return;
    }
    change(
        reply,
        new AuthCommand.GrantPermission(
            request.getName(),
            new dev.jangada.kv.command.Permission(
                type, bytes(permission.getKey()), bytes(permission.getRangeEnd()))),
        header -> AuthRoleGrantPermissionResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void roleRevokePermission(
      AuthRoleRevokePermissionRequest request,
      StreamObserver<AuthRoleRevokePermissionResponse> observer) {
    change(
        new Reply<>(observer),
        new AuthCommand.RevokePermission(
            request.getRole(), bytes(request.getKey()), bytes(request.getRangeEnd())),
        header -> AuthRoleRevokePermissionResponse.newBuilder().setHeader(header).build());
  }

  // ---------------------------------------------------------------------------------------------

  private static Bytes bytes(ByteString bytes) {
    return Bytes.wrap(bytes.toByteArray());
  }

  private ResponseHeader header() {
    return headers.at(store.revision());
  }

  private <T> void change(Reply<T> reply, AuthCommand command, Function<ResponseHeader, T> answer) {
    change(reply, proposals, command, answer);
  }

  private <T> void change(
      Reply<T> reply, Proposals by, AuthCommand command, Function<ResponseHeader, T> answer) {
    reply.after(
        deadline.limit(reply, time -> by.propose(command, time)),
        response -> reply.send(answer.apply(headers.at(response.revision()))));
  }

  /** Why a question is not to be answered. */
  private interface Check {
    Optional<KvError> refusal(AuthState auth, @Nullable Caller caller);
  }

  private <T> void ask(Reply<T> reply, Check check, Function<AuthState, T> answer) {
    Caller caller = CallIdentity.currentCaller();
    whenSafe(
        reply,
        () -> {
          AuthState auth = store.auth();
          unlessRefused(check.refusal(auth, caller));
          reply.send(answer.apply(auth));
        });
  }

  private static void unlessRefused(Optional<KvError> refusal) {
    refusal.ifPresent(error -> {
      throw EtcdError.of(error).exception();
    });
  }

  /** Goes on once this member has applied what may have been acknowledged to anyone before. */
  private void whenSafe(Reply<?> reply, Runnable work) {
    reply.after(deadline.limit(reply, node::readIndex), index -> readPool.answer(reply, work));
  }
}
