package dev.jangada.server.http;

import com.google.gson.JsonObject;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What can be looked up with {@code GET}: version, health and metrics, with etcd's paths and texts.
 */
public final class Pages {

  private final Map<String, Answer> byPath = new HashMap<>();

  /** The parameters and header of a request. */
  record Query(Map<String, List<String>> parameters, HttpHeaders headers) {

    boolean isTrue(String parameter) {
      return parameters.getOrDefault(parameter, List.of()).contains("true");
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
   * @param executor what may take a moment is done on it
   */
  public Pages(
      String member,
      String apiVersion,
      HealthProbe health,
      MetricsPage metrics,
      Executor executor) {
    JsonObject version = new JsonObject();
    version.addProperty("etcdserver", apiVersion);
    version.addProperty("etcdcluster", apiVersion);
    byPath.put("/version", (query, response) -> json(response, HttpResponseStatus.OK, version));
    byPath.put("/health", (query, response) -> health(health, query, response));
    byPath.put("/livez", (query, response) -> text(response, HttpResponseStatus.OK, "ok\n"));
    byPath.put("/readyz", (query, response) -> readiness(health, query, response));
    byPath.put(
        "/metrics",
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
                  GET  /version
                  GET  /metrics  for Prometheus
                """
                    .formatted(member, apiVersion)));
  }

  @Nullable Answer at(String path) {
    return byPath.get(path);
  }

  private static void health(HealthProbe health, Query query, Response response) {
    check(
        health,
        query,
        reason -> {
          JsonObject answer = new JsonObject();
          answer.addProperty("health", String.valueOf(reason.isEmpty()));
          answer.addProperty("reason", reason);
          json(response, status(reason), answer);
        });
  }

  private static void readiness(HealthProbe health, Query query, Response response) {
    check(
        health,
        query,
        reason -> text(response, status(reason), reason.isEmpty() ? "ok\n" : reason + "\n"));
  }

  private static void check(
      HealthProbe health, Query query, java.util.function.Consumer<String> answer) {
    Set<String> ignored = new HashSet<>(query.parameters().getOrDefault("exclude", List.of()));
    var unused =
        health
            .check(query.isTrue("serializable"), ignored)
            .whenComplete((reason, failure) ->
                answer.accept(failure == null ? reason : String.valueOf(failure.getMessage())));
  }

  private static HttpResponseStatus status(String reason) {
    return reason.isEmpty() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE;
  }

  private static void metrics(MetricsPage metrics, Query query, Response response) {
    MetricsPage.Text text = metrics.write(query.headers().get(HttpHeaderNames.ACCEPT, ""));
    response.send(
        HttpResponseStatus.OK, text.contentType(), text.text().getBytes(StandardCharsets.UTF_8));
  }

  private static void json(Response response, HttpResponseStatus status, JsonObject object) {
    response.send(status, Response.JSON, object.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void text(Response response, HttpResponseStatus status, String text) {
    response.send(status, Response.TEXT, text.getBytes(StandardCharsets.UTF_8));
  }
}
