package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthenticateRequest;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Requests to whichever of several servers can be reached.
 *
 * <p>All of them are dialled at once, and the first that answers gets the requests, until it fails.
 * A read is then sent to another one. Anything else is sent once: who sends it again might do it
 * twice, and only the user knows whether that matters.
 *
 * <p>If there is a user, it is authenticated before the first request. All methods throw {@link
 * CtlException} with what the user should know. For one thread, except {@link #close}.
 */
final class Connection implements AutoCloseable {

  /**
   * How requests are made.
   *
   * @param dialTimeout how long to try again when all servers refuse to be reached
   * @param commandTimeout how long to wait for an answer, or for a server that does not refuse
   * @param keepAliveTime after how much silence to ask whether the server is still there
   * @param keepAliveTimeout how long to wait for the answer to that
   * @param user null for nobody
   */
  record Settings(
      Duration dialTimeout,
      Duration commandTimeout,
      Duration keepAliveTime,
      Duration keepAliveTimeout,
      Tls tls,
      @Nullable User user) {}

  /** Who asks. */
  record User(String name, String password) {}

  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

  /** Makes the server refuse, or end a stream, rather than wait while there is no leader. */
  private static final Metadata.Key<String> HAS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  private static final String INVALID_TOKEN = "etcdserver: invalid auth token";
  private static final String AUTHENTICATION_OFF = "etcdserver: authentication is not enabled";

  /** How Netty begins to tell why a connection failed, and how Java ends. */
  private static final Pattern SYSTEM_CALL =
      Pattern.compile("^.* failed with error\\(-?\\d+\\): |:? (?:localhost)?/[^ ]*$");

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Settings settings;
  private final List<Endpoint> endpoints;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private @Nullable ManagedChannel chosen;
  private @Nullable String token;

  /** Opens nothing yet. */
  Connection(List<Endpoint> endpoints, Settings settings) {
    this.settings = settings;
    this.endpoints = List.copyOf(endpoints);
    SslContext tls = null;
    for (Endpoint endpoint : endpoints) {
      NettyChannelBuilder builder =
          NettyChannelBuilder.forTarget("dns:///" + endpoint.address())
              .maxInboundMessageSize(Integer.MAX_VALUE)
              .keepAliveTime(settings.keepAliveTime().toNanos(), TimeUnit.NANOSECONDS)
              .keepAliveTimeout(settings.keepAliveTimeout().toNanos(), TimeUnit.NANOSECONDS);
      if (endpoint.secure() != null ? endpoint.secure() : settings.tls().wanted()) {
        tls = tls != null ? tls : settings.tls().context();
        builder.sslContext(tls);
      } else {
        builder.usePlaintext();
      }
      channels.add(builder.build());
    }
  }

  /** Sends a request that may change something: once. */
  <Q, A> A call(MethodDescriptor<Q, A> method, Q request) {
    try {
      return authorized(method, request);
    } catch (StatusRuntimeException e) {
      throw failure(method, e);
    }
  }

  /**
   * Sends a request that only reads: again, elsewhere, as long as servers fail and time is left.
   */
  <Q, A> A read(MethodDescriptor<Q, A> method, Q request) {
    long deadline = System.nanoTime() + settings.commandTimeout().toNanos();
    while (true) {
      try {
        return authorized(method, request);
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE
            || System.nanoTime() > deadline
            || interrupted()) {
          throw failure(method, e);
        }
        leave();
      }
    }
  }

  private <Q, A> A authorized(MethodDescriptor<Q, A> method, Q request) {
    Channel channel = channel();
    try {
      return ClientCalls.blockingUnaryCall(channel, method, withDeadline(), request);
    } catch (StatusRuntimeException e) {
      if (token == null || !INVALID_TOKEN.equals(e.getStatus().getDescription())) {
        throw e;
      }
      // It was refused, so it may be sent again. Tokens expire, and some are forgotten in a
      // restart.
      token = null;
      return ClientCalls.blockingUnaryCall(channel(), method, withDeadline(), request);
    }
  }

  private CallOptions withDeadline() {
    return CallOptions.DEFAULT.withDeadlineAfter(
        settings.commandTimeout().toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Opens a stream.
   *
   * @param needsLeader whether the server is to refuse it, or end it, while there is no leader
   */
  <Q, A> MessageStream<Q, A> stream(MethodDescriptor<Q, A> method, boolean needsLeader) {
    Channel channel = channel();
    if (needsLeader) {
      channel = ClientInterceptors.intercept(channel, metadata(HAS_LEADER, "true"));
    }
    return new MessageStream<>(channel.newCall(method, CallOptions.DEFAULT));
  }

  /** The chosen server's channel; requests on it carry the token. */
  Channel channel() {
    ManagedChannel channel = dial();
    String authorization = authorization(channel);
    return authorization == null
        ? channel
        : ClientInterceptors.intercept(channel, metadata(TOKEN, authorization));
  }

  private static ClientInterceptor metadata(Metadata.Key<String> key, String value) {
    Metadata metadata = new Metadata();
    metadata.put(key, value);
    return MetadataUtils.newAttachHeadersInterceptor(metadata);
  }

  private @Nullable String authorization(ManagedChannel channel) {
    User user = settings.user();
    if (user == null || token != null) {
      return token;
    }
    AuthenticateRequest request =
        AuthenticateRequest.newBuilder().setName(user.name()).setPassword(user.password()).build();
    try {
      token =
          ClientCalls.blockingUnaryCall(
                  channel, AuthGrpc.getAuthenticateMethod(), withDeadline(), request)
              .getToken();
    } catch (StatusRuntimeException e) {
      // Where everybody may do everything, a name does no harm.
      if (!AUTHENTICATION_OFF.equals(e.getStatus().getDescription())) {
        throw new CtlException(
            CtlException.Kind.CONNECTION, describe(AuthGrpc.getAuthenticateMethod(), e));
      }
    }
    return token;
  }

  /** The server in use, or the first that can be reached. */
  private ManagedChannel dial() {
    if (chosen != null) {
      return chosen;
    }
    long start = System.nanoTime();
    while (true) {
      for (ManagedChannel channel : channels) {
        if (channel.getState(true) == ConnectivityState.READY) {
          chosen = channel;
          return channel;
        }
      }
      boolean refused = allFailed();
      Duration patience = refused ? settings.dialTimeout() : settings.commandTimeout();
      if (System.nanoTime() - start > patience.toNanos() || interrupted()) {
        throw new CtlException(CtlException.Kind.FAILURE, unreachable());
      }
      if (refused) {
        // After a refusal the channels wait longer and longer; a server that starts is worth more.
        channels.forEach(ManagedChannel::resetConnectBackoff);
      }
    }
  }

  private boolean allFailed() {
    return channels.stream()
        .allMatch(channel -> channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE);
  }

  /** Waits a little; whether it was interrupted. */
  private static boolean interrupted() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /**
   * Turns away from the server in use: the next request looks for another one first, and proves
   * anew who the user is.
   */
  void leave() {
    token = null;
    ManagedChannel left = chosen;
    if (left != null) {
      channels.remove(left);
      channels.add(left);
      chosen = null;
    }
  }

  private String unreachable() {
    String names =
        endpoints.stream()
            .map(endpoint -> endpoint.url(settings.tls().wanted()))
            .collect(Collectors.joining(", "));
    String reason =
        channels.stream()
            .map(Connection::whyUnreachable)
            .filter(Objects::nonNull)
            .findFirst()
            .orElse("no answer within " + Units.duration(settings.commandTimeout().toNanos()));
    return "cannot reach " + names + ": " + reason + remedy(reason);
  }

  /** Only a request is told why there is no connection; this one never leaves. */
  private static @Nullable String whyUnreachable(ManagedChannel channel) {
    try {
      var unused =
          ClientCalls.blockingUnaryCall(
              channel,
              MaintenanceGrpc.getStatusMethod(),
              CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS),
              StatusRequest.getDefaultInstance());
      return null;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() == Status.Code.UNAVAILABLE ? reason(e.getStatus()) : null;
    }
  }

  /** The innermost cause that says something. */
  private static String reason(Status status) {
    String reason = status.getDescription();
    for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null) {
        reason = cause.getMessage();
      }
    }
    return reason == null
        ? status.getCode().toString()
        : SYSTEM_CALL.matcher(reason).replaceAll("");
  }

  private static String remedy(String reason) {
    if (reason.contains("refused")) {
      return "; is a server running? ./jangada up starts three";
    }
    if (reason.contains("certification path") || reason.contains("trust")) {
      return "; --cacert names the authority that signed the server's certificate";
    }
    if (reason.contains("not an SSL/TLS record")) {
      return "; the server does not speak TLS: use http://";
    }
    if (reason.contains("First received frame was not SETTINGS")
        || reason.contains("Network closed")
        || reason.contains("Connection reset")) {
      return "; if the server speaks TLS, use https:// and --cacert";
    }
    return "";
  }

  /** Whether a stream that ended so can be opened again, here or elsewhere. */
  static boolean isTransient(StatusRuntimeException e) {
    return e.getStatus().getCode() == Status.Code.UNAVAILABLE
        || INVALID_TOKEN.equals(e.getStatus().getDescription());
  }

  private CtlException failure(MethodDescriptor<?, ?> method, StatusRuntimeException e) {
    return new CtlException(CtlException.Kind.FAILURE, describe(method, e));
  }

  /** What the server said, or what kept it from saying anything. */
  String describe(MethodDescriptor<?, ?> method, StatusRuntimeException e) {
    Status status = e.getStatus();
    return switch (status.getCode()) {
      case DEADLINE_EXCEEDED ->
          "no answer within "
              + Units.duration(settings.commandTimeout().toNanos())
              + "; a longer --command-timeout would wait longer";
      case UNIMPLEMENTED -> "the server does not offer " + method.getFullMethodName();
      case UNAVAILABLE -> {
        String reason = reason(status);
        yield status.getCause() == null
            ? reason
            : "lost the server: " + reason + "; whether the request had an effect is unknown";
      }
      default -> {
        String description = status.getDescription();
        yield description != null ? description : status.getCode().toString();
      }
    };
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
