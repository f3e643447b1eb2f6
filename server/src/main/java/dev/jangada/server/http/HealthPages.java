package dev.jangada.server.http;

import com.google.gson.JsonObject;
import dev.jangada.server.http.HealthProbe.Check;
import dev.jangada.server.http.Pages.Answer;
import dev.jangada.server.http.Pages.Query;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What orchestrators ask, with etcd's paths and texts: {@code /health}, which is for the cluster as
 * seen from this member, and, since etcd 3.5.11, {@code /livez}, which fails when a restart of this
 * member may help, and {@code /readyz}, which fails when clients had better ask another one.
 *
 * <p>Of the latter two each check also has a path of its own. They are answered with {@code ok}, or
 * with 503 and a line for each check; with {@code ?verbose} there are these lines in either case.
 * {@code ?exclude=CHECK} leaves one out.
 */
final class HealthPages {

  /** Those of each page. */
  static final Map<String, List<Check>> CHECKS =
      Map.of(
          "/livez",
          List.of(Check.SERIALIZABLE_READ),
          "/readyz",
          List.of(
              Check.DATA_CORRUPTION,
              Check.SERIALIZABLE_READ,
              Check.LINEARIZABLE_READ,
              Check.NON_LEARNER));

  private final HealthProbe probe;
  private final HealthStatistics statistics;

  HealthPages(HealthProbe probe, HealthStatistics statistics) {
    this.probe = probe;
    this.statistics = statistics;
  }

  /** All of them, by their paths. */
  Map<String, Answer> byPath() {
    Map<String, Answer> pages = new HashMap<>();
    pages.put("/health", this::health);
    CHECKS.forEach((path, checks) -> {
      pages.put(
          path,
          (query, response) -> run(path, without(query.all("exclude"), checks), query, response));
      for (Check check : checks) {
        pages.put(
            path + "/" + check.text(),
            (query, response) -> run(path, List.of(check), query, response));
      }
    });
    return pages;
  }

  private void health(Query query, Response response) {
    var unused =
        orReason(probe.check(query.isTrue("serializable"), new HashSet<>(query.all("exclude"))))
            .thenAccept(reason -> {
              JsonObject answer = new JsonObject();
              answer.addProperty("health", String.valueOf(reason.isEmpty()));
              answer.addProperty("reason", reason);
              statistics.addHealth(reason.isEmpty());
              Pages.json(response, status(reason.isEmpty()), answer);
            });
  }

  /** Names that are no checks are passed over, for who asks may know of more. */
  private static List<Check> without(List<String> excluded, List<Check> checks) {
    Set<String> names = Set.copyOf(excluded);
    return checks.stream().filter(check -> !names.contains(check.text())).toList();
  }

  private void run(String path, List<Check> checks, Query query, Response response) {
    List<CompletableFuture<String>> outcomes =
        checks.stream().map(probe::check).map(HealthPages::orReason).toList();
    var unused =
        CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new))
            .thenRun(() -> {
              StringBuilder report = new StringBuilder();
              boolean good = true;
              for (int i = 0; i < checks.size(); i++) {
                String reason = outcomes.get(i).join();
                good &= reason.isEmpty();
                statistics.add(path, checks.get(i), reason.isEmpty());
                report.append(line(checks.get(i), reason));
              }
              String answer =
                  (good && !query.has("verbose") ? "" : report.toString()) + (good ? "ok\n" : "");
              Pages.text(response, status(good), answer);
            });
  }

  private static String line(Check check, String reason) {
    return reason.isEmpty()
        ? "[+]%s ok\n".formatted(check.text())
        : "[-]%s failed: %s\n".formatted(check.text(), reason);
  }

  private static CompletableFuture<String> orReason(CompletableFuture<String> outcome) {
    return outcome.exceptionally(failure -> String.valueOf(failure.getMessage()));
  }

  private static HttpResponseStatus status(boolean good) {
    return good ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE;
  }
}
