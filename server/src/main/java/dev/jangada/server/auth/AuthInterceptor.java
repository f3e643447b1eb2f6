package dev.jangada.server.auth;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.KvError;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.tls.CertificateName;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Finds out by its token who makes a call, gives that to the service as {@link CallIdentity}, and
 * refuses what the method alone decides, see {@link MethodAccess}. Where permissions for keys
 * decide, the service asks the store, which asks the state that it reads or changes.
 *
 * <p>Who comes without a token, and has shown a certificate because all clients have to, is the
 * user of the certificate's common name, if there is one of that name; as in etcd, not by way of
 * JSON.
 *
 * <p>A token may come from a member that is ahead of this one: of a user, or a secret, that this
 * one does not have yet. Then the call waits until this member is as far as the leader was.
 */
public final class AuthInterceptor implements ServerInterceptor {

  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String BEARER = "Bearer ";

  private final Supplier<CompletableFuture<Long>> readIndex;
  private final KvStateMachine store;
  private final Tokens tokens;
  private final ReadPool readPool;
  private final boolean certificatesName;

  /**
   * Asks what is given, and closes none of it.
   *
   * @param readIndex done when this member has what was acknowledged before
   * @param certificatesName whether clients' certificates say who they are
   */
  public AuthInterceptor(
      Supplier<CompletableFuture<Long>> readIndex,
      KvStateMachine store,
      Tokens tokens,
      ReadPool readPool,
      boolean certificatesName) {
    this.readIndex = readIndex;
    this.store = store;
    this.tokens = tokens;
    this.readPool = readPool;
    this.certificatesName = certificatesName;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    MethodAccess access = MethodAccess.of(call.getMethodDescriptor().getFullMethodName());
    if (access == MethodAccess.OPEN) {
      return next.startCall(call, headers);
    }
    String token = token(headers);
    AuthState auth;
    try {
      auth = store.auth();
    } catch (IllegalStateException closed) {
      // The node has ended, its store with it, and the rest of the member is about to.
      call.close(EtcdError.STOPPED.status(), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    if (token != null && tokens.claimedRevision(token) > auth.revision()) {
      return new DelayedCall<>(
          readIndex.get(),
          readPool,
          () -> proceed(access, token, store.auth(), call, headers, next),
          failure -> call.close(Status.fromThrowable(Reply.refusal(failure)), new Metadata()));
    }
    return proceed(access, token, auth, call, headers, next);
  }

  private static @Nullable String token(Metadata headers) {
    String token = headers.get(TOKEN);
    if (token == null) {
      token = headers.get(AUTHORIZATION);
    }
    return token != null && token.startsWith(BEARER) ? token.substring(BEARER.length()) : token;
  }

  private <ReqT, RespT> ServerCall.Listener<ReqT> proceed(
      MethodAccess access,
      @Nullable String token,
      AuthState auth,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      ServerCallHandler<ReqT, RespT> next) {
    Caller caller = caller(token, call, auth);
    Status refusal = refusal(access, token, caller, auth);
    if (refusal != null && access != MethodAccess.BY_WATCH) {
      call.close(refusal, new Metadata());
      return new ServerCall.Listener<>() {};
    }
    CallIdentity identity =
        new CallIdentity(caller, refusal == null ? null : EtcdError.INVALID_AUTH_TOKEN);
    return Contexts.interceptCall(
        Context.current().withValue(CallIdentity.KEY, identity), call, headers, next);
  }

  /** Null if nobody says who calls, or what is said does not count. */
  private @Nullable Caller caller(@Nullable String token, ServerCall<?, ?> call, AuthState auth) {
    if (!auth.enabled()) {
      return null;
    }
    if (token != null) {
      return tokens.recognise(token, auth);
    }
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (!certificatesName || session == null) {
      return null;
    }
    String name = CertificateName.commonName(session);
    return name != null && auth.users().containsKey(name)
        ? new Caller(name, auth.revision())
        : null;
  }

  private static @Nullable Status refusal(
      MethodAccess access, @Nullable String token, @Nullable Caller caller, AuthState auth) {
    if (!auth.enabled()) {
      return null;
    }
    if (token != null && (caller == null || auth.checkCaller(caller).isPresent())) {
      return EtcdError.INVALID_AUTH_TOKEN.status();
    }
    Optional<KvError> error =
        switch (access) {
          case OPEN, BY_CONTENT, BY_WATCH -> Optional.empty();
          case USER -> auth.checkCaller(caller);
          case ROOT, ROOT_OF_MEMBER -> auth.checkRoot(caller);
        };
    return error.map(reason -> status(access, EtcdError.of(reason))).orElse(null);
  }

  private static Status status(MethodAccess access, EtcdError error) {
    // etcd forgets here to translate what its own parts say to each other, and clients know that.
    return access == MethodAccess.ROOT_OF_MEMBER
        ? Status.UNKNOWN.withDescription(error.text().replaceFirst("^etcdserver:", "auth:"))
        : error.status();
  }
}
