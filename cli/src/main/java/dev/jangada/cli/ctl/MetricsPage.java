package dev.jangada.cli.ctl;

import io.netty.handler.ssl.JdkSslContext;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What a server tells Prometheus. */
final class MetricsPage {

  private MetricsPage() {}

  /**
   * One of its figures.
   *
   * @param server {@code http://HOST:PORT} or {@code https://HOST:PORT}
   * @param tls for the latter; null for the former
   * @param name of a figure without labels
   * @return empty if the server does not tell it, or cannot be reached
   */
  static OptionalDouble read(
      String server, @Nullable JdkSslContext tls, Duration timeout, String name)
      throws InterruptedException {
    HttpClient.Builder builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(timeout);
    if (tls != null) {
      builder.sslContext(tls.context());
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server + "/metrics")).timeout(timeout).build();
    try (HttpClient client = builder.build()) {
      return client
          .send(request, BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length()).strip()))
          .findFirst();
    } catch (IOException | NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }
}
