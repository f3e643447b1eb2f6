package dev.jangada.server.http;

import dev.jangada.server.call.AnswerMemory;
import dev.jangada.server.call.RequestMemory;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Serves every method of the API in JSON: {@code POST /v3/kv/range} and so on. A request is turned
 * into a call of the same service, with the same interceptors, that serves gRPC.
 *
 * <p>The JSON is protobuf's own, as etcd's gateway speaks it: names as in the .proto files, numbers
 * of 64 bits as strings, bytes in base64, values that are the default left out; unknown names are
 * ignored. Answers of a stream are {@code {"result":...}}, one in each line and each sent at once.
 *
 * <p>The header {@code authorization} becomes the metadata {@code token}; {@code Grpc-Metadata-X}
 * becomes the metadata {@code x}; {@code Grpc-Timeout} limits the time of the call.
 */
public final class Gateway implements AutoCloseable {

  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

  private static final String METADATA_PREFIX = "grpc-metadata-";
  private static final Pattern METADATA_NAME = Pattern.compile("[0-9a-z_.-]+");
  private static final Pattern TIMEOUT = Pattern.compile("(\\d{1,8})([HMSmun])");

  /** The older name has been served beside the newer one since etcd 3.3. */
  private static final String[] VERSIONS = {"/v3", "/v3beta"};

  private static final int CLOSE_SECONDS = 5;

  private final Map<String, GatewayRoute> routes = new HashMap<>();
  private final Channel services;
  private final HttpLimits limits;
  private final RequestMemory requestMemory;
  private final AnswerMemory memory;
  private final EventExecutorGroup workers;

  /**
   * Makes the gateway.
   *
   * @param member name of this member, for the names of threads
   * @param services where calls go; closed by whoever made it
   * @param requestMemory what requests may hold before they are complete
   * @param memory what answers may hold
   * @param threads that turn messages into JSON and back
   */
  public Gateway(
      String member,
      Channel services,
      HttpLimits limits,
      RequestMemory requestMemory,
      AnswerMemory memory,
      int threads) {
    this.services = services;
    this.limits = limits;
    this.requestMemory = requestMemory;
    this.memory = memory;
    this.workers =
        new DefaultEventExecutorGroup(
            threads, new DefaultThreadFactory("jangada-" + member + "-json", true));
    for (String version : VERSIONS) {
      GatewayRoute.all().forEach(route -> routes.put(version + route.path(), route));
    }
  }

  /** Whether a path is the gateway's to answer or refuse. */
  static boolean isBelow(String path) {
    for (String version : VERSIONS) {
      if (path.startsWith(version + "/")) {
        return true;
      }
    }
    return false;
  }

  @Nullable GatewayRoute route(String path) {
    return routes.get(path);
  }

  /** Begins a call. */
  RequestHandler call(GatewayRoute route, HttpHeaders headers, Response response)
      throws HttpRefusal {
    EventExecutor worker = workers.next();
    CallOptions options = CallOptions.DEFAULT.withExecutor(worker);
    String timeout = headers.get("Grpc-Timeout");
    if (timeout != null) {
      options = options.withDeadlineAfter(nanos(timeout), TimeUnit.NANOSECONDS);
    }
    return new GatewayCall(
        route,
        services.newCall(route.method(), options),
        metadata(headers),
        response,
        worker,
        limits,
        requestMemory,
        memory.share(),
        route.method().getType() == MethodType.UNARY
            ? GatewayStream.ONE_ANSWER
            : GatewayStream.of(route));
  }

  private static Metadata metadata(HttpHeaders headers) {
    Metadata metadata = new Metadata();
    String token = headers.get("authorization");
    if (token != null) {
      metadata.put(TOKEN, token);
    }
    headers.forEach(header -> {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.startsWith(METADATA_PREFIX)) {
        String key = name.substring(METADATA_PREFIX.length());
        if (METADATA_NAME.matcher(key).matches()
            && !key.endsWith(Metadata.BINARY_HEADER_SUFFIX)
            && !key.startsWith("grpc-")) {
          metadata.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), header.getValue());
        }
      }
    });
    return metadata;
  }

  private static long nanos(String timeout) throws HttpRefusal {
    Matcher matcher = TIMEOUT.matcher(timeout);
    if (!matcher.matches()) {
      throw new HttpRefusal(
          HttpResponseStatus.BAD_REQUEST,
          "invalid Grpc-Timeout: \"" + timeout + "\" is not digits and one of H, M, S, m, u, n");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "H" -> TimeUnit.HOURS.toNanos(amount);
      case "M" -> TimeUnit.MINUTES.toNanos(amount);
      case "S" -> TimeUnit.SECONDS.toNanos(amount);
      case "m" -> TimeUnit.MILLISECONDS.toNanos(amount);
      case "u" -> TimeUnit.MICROSECONDS.toNanos(amount);
      default -> amount;
    };
  }

  /** Ends the threads; to be called when there are no connections any more. */
  @Override
  public void close() {
    workers.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
