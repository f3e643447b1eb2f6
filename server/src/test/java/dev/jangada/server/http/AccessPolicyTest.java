package dev.jangada.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.server.http.PortStatistics.Event;
import dev.jangada.server.http.RawHttp.Answer;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which web pages, and requests for which hosts, are let in at a real port. */
class AccessPolicyTest {

  private static final String ORIGIN = "access-control-allow-origin";

  private final PortStatistics statistics = new PortStatistics();
  private @Nullable TestPort port;

  @AfterEach
  void close() throws InterruptedException {
    if (port != null) {
      port.close();
    }
  }

  private RawHttp connect(List<String> origins, List<String> hosts) throws IOException {
    HttpLimits limits = HttpLimits.forMessagesUpTo(10_000);
    TestPort opened =
        new TestPort(
            new TestServices(),
            limits,
            statistics,
            TlsSource.NONE,
            AccessPolicy.of(origins, hosts));
    port = opened;
    return opened.connect();
  }

  private static Answer ask(RawHttp client, String method, String host, String origin)
      throws IOException {
    return client
        .send(
            "%s /version HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                .formatted(method, host, origin.isEmpty() ? "" : "Origin: " + origin + "\r\n"))
        .answer();
  }

  @Test
  void pagesOfOtherOriginsAreNotLetInUnlessThatIsSaid() throws Exception {
    try (RawHttp client = connect(List.of(), List.of())) {
      Answer answer = ask(client, "GET", "anything.example", "http://page.example");

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.head().fields()).doesNotContainKey(ORIGIN);
      assertThat(ask(client, "OPTIONS", "x", "http://page.example").status()).isEqualTo(405);
    }
  }

  @Test
  void pageOfAnOriginOnTheListMayReadAnswersAndAskBeforehand() throws Exception {
    try (RawHttp client =
        connect(List.of("https://dash.example:8443/", "http://Other.example"), List.of())) {
      Answer answer = ask(client, "GET", "x", "https://dash.example:8443");
      assertThat(answer.head().field(ORIGIN)).isEqualTo("https://dash.example:8443");
      assertThat(answer.head().field("vary")).isEqualTo("origin");
      assertThat(ask(client, "GET", "x", "http://other.example").head().field(ORIGIN))
          .isEqualTo("http://other.example");

      Answer beforehand = ask(client, "OPTIONS", "x", "https://dash.example:8443");
      assertThat(beforehand.status()).isEqualTo(200);
      assertThat(beforehand.body()).isEmpty();
      assertThat(beforehand.head().field(ORIGIN)).isEqualTo("https://dash.example:8443");
      assertThat(beforehand.head().field("access-control-allow-methods")).contains("POST");
      assertThat(beforehand.head().field("access-control-allow-headers"))
          .isEqualTo("accept, content-type, authorization");

      for (String stranger : List.of("https://dash.example", "https://evil.example", "")) {
        assertThat(ask(client, "GET", "x", stranger).head().fields())
            .as(stranger)
            .doesNotContainKey(ORIGIN);
      }
      // Answers of streams name it, too.
      client.post("/v3/watch", "{\"create_request\":{}}", "Origin: http://other.example");
      assertThat(client.head().field(ORIGIN)).isEqualTo("http://other.example");
    }
  }

  @Test
  void anyPageIsLetInIfAllAre() throws Exception {
    try (RawHttp client = connect(List.of("*"), List.of())) {
      assertThat(ask(client, "GET", "x", "http://page.example").head().field(ORIGIN))
          .isEqualTo("*");
      assertThat(ask(client, "GET", "x", "").head().field(ORIGIN)).isEqualTo("*");
    }
  }

  @Test
  void requestForAHostThatIsNotOnTheListIsRefusedAndCounted() throws Exception {
    try (RawHttp client = connect(List.of(), List.of("db.example", "[::1]", "127.0.0.1"))) {
      for (String own : List.of("db.example", "DB.example:2379", "[::1]:2379", "127.0.0.1")) {
        assertThat(ask(client, "GET", own, "").status()).as(own).isEqualTo(200);
      }
      Answer refused = ask(client, "GET", "rebound.example:2379", "");
      assertThat(refused.status()).isEqualTo(421);
      assertThat(refused.body())
          .isEqualTo(
              "the host \"rebound.example\" is none that this member goes by: it may be added with"
                  + " --host-whitelist, or be asked over https\n");
      assertThat(client.post("/v3/kv/range", "{}").answer().status()).isEqualTo(421);
      assertThat(statistics.count(Event.OTHER_HOST)).isEqualTo(2);
    }
  }

  @Test
  void listsThatCannotBeMeantAreRefused() {
    for (String wrong : List.of("dash.example", "https://dash.example/page", "https://", "a b")) {
      assertThatThrownBy(() -> AccessPolicy.of(List.of(wrong), List.of()))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("--cors \"" + wrong + "\" is no origin");
    }
    for (String wrong : List.of("http://db.example", "db.example:2379", "a b")) {
      assertThatThrownBy(() -> AccessPolicy.of(List.of(), List.of(wrong)))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("--host-whitelist \"" + wrong + "\" is no name of a host");
    }
    assertThat(AccessPolicy.of(List.of(), List.of("*"))).isEqualTo(AccessPolicy.DEFAULT);
  }
}
