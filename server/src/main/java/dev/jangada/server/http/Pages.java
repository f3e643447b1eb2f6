package dev.jangada.server.http;

import com.google.gson.JsonObject;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What can be looked up with {@code GET}: version, health and metrics, with etcd's paths and texts.
 */
public final class Pages {

  private static final String METRICS = "/metrics";

  private final Map<String, Answer> byPath;

  /** Those that tell how this member is. */
  private final Map<String, Answer> health;

  /** The parameters and header of a request. */
  record Query(Map<String, List<String>> parameters, HttpHeaders headers) {

    boolean isTrue(String parameter) {
      return all(parameter).contains("true");
    }

    boolean has(String parameter) {
      return parameters.containsKey(parameter);
    }

    List<String> all(String parameter) {
      return parameters.getOrDefault(parameter, List.of());
    }
  }

  @FunctionalInterface
  interface Answer {
    void to(Query query, Response response);
  }

  /** Metrics as text, in the format that suits a client best. */
  @FunctionalInterface
  public interface MetricsPage {

    /**
     * Writes them. Any thread.
     *
     * @param accept the formats that the client takes, as in the header of that name; empty if it
     *     does not say
     */
    Text write(String accept);

    /**
     * A text and what it is.
     *
     * @param contentType its media type
     */
    record Text(String contentType, String text) {}
  }

  /**
   * Makes the pages.
   *
   * @param member name of this member
   * @param apiVersion the version of etcd whose API this is; numbers and dots alone, because
   *     clients calculate with it
   * @param healthStatistics counts who asks for health
   * @param executor what may take a moment is done on it
   */
  public Pages(
      String member,
      String apiVersion,
      HealthProbe health,
      HealthStatistics healthStatistics,
      MetricsPage metrics,
      Executor executor) {
    JsonObject version = new JsonObject();
    version.addProperty("etcdserver", apiVersion);
    version.addProperty("etcdcluster", apiVersion);
    this.health = new HealthPages(health, healthStatistics).byPath();
    this.byPath = new HashMap<>(this.health);
    byPath.put("/version", (query, response) -> json(response, HttpResponseStatus.OK, version));
    byPath.put(
        METRICS,
        (query, response) -> {
          try {
            executor.execute(() -> metrics(metrics, query, response));
          } catch (RejectedExecutionException e) {
            text(response, HttpResponseStatus.SERVICE_UNAVAILABLE, "too busy\n");
          }
        });
    byPath.put(
        "/",
        (query, response) ->
            text(
                response,
                HttpResponseStatus.OK,
                """
                Jangada, member %s: a key-value store that speaks the etcd v3 API (version %s).
                gRPC is served on this port, too. Over HTTP there are:
                  POST /v3/...   the API in JSON, for example POST /v3/kv/range
                  GET  /health   whether this member can serve
                  GET  /livez    whether it lives; /livez?verbose says why
                  GET  /readyz   whether it is ready for clients; /readyz?verbose says why
                  GET  /version
                  GET  /metrics  for Prometheus
                """
                    .formatted(member, apiVersion)));
  }

  private Pages(Map<String, Answer> byPath, Map<String, Answer> health) {
    this.byPath = byPath;
    this.health = health;
  }

  /** Only those for who watches over this member: metrics, and how it is. */
  Pages forMonitoring() {
    Map<String, Answer> fewer = new HashMap<>(health);
    fewer.put(METRICS, Objects.requireNonNull(byPath.get(METRICS)));
    return new Pages(fewer, health);
  }

  @Nullable Answer at(String path) {
    return byPath.get(path);
  }

  private static void metrics(MetricsPage metrics, Query query, Response response) {
    MetricsPage.Text text = metrics.write(query.headers().get(HttpHeaderNames.ACCEPT, ""));
    response.send(
        HttpResponseStatus.OK, text.contentType(), text.text().getBytes(StandardCharsets.UTF_8));
  }

  static void json(Response response, HttpResponseStatus status, JsonObject object) {
    response.send(status, Response.JSON, object.toString().getBytes(StandardCharsets.UTF_8));
  }

  static void text(Response response, HttpResponseStatus status, String text) {
    response.send(status, Response.TEXT, text.getBytes(StandardCharsets.UTF_8));
  }
}
