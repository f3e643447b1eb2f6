package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Scanner;
import org.junit.jupiter.api.Test;

/** What clients that speak JSON over HTTP, Patroni above all, need of a real cluster. */
class HttpApiTest extends ClusterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void versionIsNumbersAndDotsOnEveryMember() throws Exception {
    for (int member = 0; member < 3; member++) {
      JsonObject version = json(get(member, "/version"));

      assertThat(version.get("etcdserver").getAsString()).matches("\\d+\\.\\d+\\.\\d+");
      assertThat(version.get("etcdcluster").getAsString()).matches("3\\.([4-9]|\\d{2,})\\.\\d+");
    }
  }

  @Test
  void memberWithALeaderIsHealthy() throws Exception {
    HttpResponse<String> health = get(1, "/health");

    assertThat(health.statusCode()).isEqualTo(200);
    assertThat(health.body()).isEqualTo("{\"health\":\"true\",\"reason\":\"\"}");
    assertThat(get(1, "/readyz").body()).isEqualTo("ok\n");
    assertThat(get(1, "/health?serializable=true").statusCode()).isEqualTo(200);
  }

  @Test
  void livenessAndReadinessAreToldCheckByCheck() throws Exception {
    for (int member = 0; member < 3; member++) {
      assertThat(get(member, "/livez").body()).isEqualTo("ok\n");
      assertThat(get(member, "/livez?verbose").body()).isEqualTo("[+]serializable_read ok\nok\n");
      assertThat(get(member, "/livez/serializable_read").body()).isEqualTo("ok\n");
      assertThat(get(member, "/readyz").body()).isEqualTo("ok\n");
      assertThat(get(member, "/readyz?verbose=true").body())
          .isEqualTo(
              """
              [+]data_corruption ok
              [+]serializable_read ok
              [+]linearizable_read ok
              [+]non_learner ok
              ok
              """);
      assertThat(get(member, "/readyz?verbose&exclude=linearizable_read&exclude=unheard_of").body())
          .isEqualTo("[+]data_corruption ok\n[+]serializable_read ok\n[+]non_learner ok\nok\n");
      for (String check :
          List.of("data_corruption", "serializable_read", "linearizable_read", "non_learner")) {
        HttpResponse<String> one = get(member, "/readyz/" + check + "?verbose");
        assertThat(one.statusCode()).isEqualTo(200);
        assertThat(one.body()).isEqualTo("[+]" + check + " ok\nok\n");
      }
    }
    assertThat(get(0, "/livez/linearizable_read").statusCode()).isEqualTo(404);
  }

  @Test
  void memberListHasTheUrlsOfClients() throws Exception {
    cluster.awaitPublishedMembers(2);
    JsonArray members = json(post(2, "/v3/cluster/member/list", "{}")).getAsJsonArray("members");

    assertThat(members).hasSize(3);
    for (int member = 0; member < 3; member++) {
      JsonObject one = members.get(member).getAsJsonObject();
      assertThat(one.get("ID").getAsJsonPrimitive().isString()).isTrue();
      assertThat(one.get("name").getAsString()).isEqualTo("n" + (member + 1));
      assertThat(one.getAsJsonArray("clientURLs").get(0).getAsString())
          .isEqualTo(cluster.config(member).listenClientUrls().get(0).toString());
    }
  }

  @Test
  void lostTransactionDoesNotSaySucceededAtAll() throws Exception {
    String key = base64("txn");
    String txn =
        """
        {"compare": [{"target": "CREATE", "create_revision": 0, "key": "%s"}],
         "success": [{"request_put": {"key": "%s", "value": "%s"}}]}
        """
            .formatted(key, key, base64("won"));
    JsonObject won = json(post(0, "/v3/kv/txn", txn));
    JsonObject lost = json(post(1, "/v3/kv/txn", txn));

    assertThat(won.get("succeeded").getAsBoolean()).isTrue();
    String revision = won.getAsJsonObject("header").get("revision").getAsString();
    assertThat(won.getAsJsonArray("responses").get(0).getAsJsonObject())
        .isEqualTo(
            JsonParser.parseString(
                "{\"response_put\":{\"header\":{\"revision\":\"" + revision + "\"}}}"));
    assertThat(lost.keySet()).containsExactly("header");
    assertThat(lost.getAsJsonObject("header").keySet())
        .containsExactlyInAnyOrder("cluster_id", "member_id", "revision", "raft_term");
  }

  @Test
  void rangeOmitsDefaultsAndWritesNumbersAsStrings() throws Exception {
    String key = base64("range/a");
    JsonObject nothing =
        json(post(2, "/v3/kv/range", "{\"key\": \"" + base64("range/none") + "\"}"));
    post(1, "/v3/kv/put", "{\"key\": \"" + key + "\", \"value\": \"\"}");
    JsonObject one = json(post(2, "/v3/kv/range", "{\"key\": \"" + key + "\"}"));
    JsonObject kv = one.getAsJsonArray("kvs").get(0).getAsJsonObject();

    assertThat(nothing.keySet()).containsExactly("header");
    assertThat(one.get("count").getAsJsonPrimitive().isString()).isTrue();
    assertThat(kv.keySet()).containsExactly("key", "create_revision", "mod_revision", "version");
    assertThat(kv.get("key").getAsString()).isEqualTo(key);
    assertThat(kv.get("version").getAsString()).isEqualTo("1");
    assertThat(
            json(post(0, "/v3/kv/deleterange", "{\"key\": \"" + key + "\"}"))
                .get("deleted")
                .getAsString())
        .isEqualTo("1");
  }

  @Test
  void watchThroughAFollowerReplaysThePastAndTellsOfWritesElsewhere() throws Exception {
    int follower = (cluster.leaderSeenBy(0) + 1) % 3;
    String key = base64("watched");
    String first = put("watched", "1");
    HttpResponse<InputStream> watch =
        client.send(
            request(
                follower,
                "/v3/watch",
                "{\"create_request\": {\"key\": \"%s\", \"start_revision\": \"%s\"}}"
                    .formatted(key, first)),
            HttpResponse.BodyHandlers.ofInputStream());
    try (Scanner lines = new Scanner(watch.body(), StandardCharsets.UTF_8)) {
      assertThat(result(lines).get("created").getAsBoolean()).isTrue();
      JsonObject replayed = result(lines).getAsJsonArray("events").get(0).getAsJsonObject();
      assertThat(replayed.has("type")).isFalse();
      assertThat(replayed.getAsJsonObject("kv").get("mod_revision").getAsString()).isEqualTo(first);

      JsonObject deleted = json(post(follower, "/v3/kv/deleterange", "{\"key\": \"" + key + "\"}"));
      JsonObject event = result(lines).getAsJsonArray("events").get(0).getAsJsonObject();

      assertThat(event.get("type").getAsString()).isEqualTo("DELETE");
      assertThat(event.getAsJsonObject("kv").keySet()).containsExactly("key", "mod_revision");
      assertThat(event.getAsJsonObject("kv").get("mod_revision").getAsString())
          .isEqualTo(deleted.getAsJsonObject("header").get("revision").getAsString());
    }
  }

  @Test
  void leaseIsGrantedKeptAliveAndItsLossToldAsPatroniExpects() throws Exception {
    JsonObject granted = json(post(1, "/v3/lease/grant", "{\"TTL\": 30}"));
    String id = granted.get("ID").getAsString();
    HttpResponse<String> alive = post(2, "/v3/lease/keepalive", "{\"ID\": \"" + id + "\"}");
    JsonObject kept = json(alive).getAsJsonObject("result");

    assertThat(granted.get("ID").getAsJsonPrimitive().isString()).isTrue();
    assertThat(granted.get("TTL").getAsString()).isEqualTo("30");
    assertThat(kept.get("ID").getAsString()).isEqualTo(id);
    assertThat(kept.get("TTL").getAsString()).isEqualTo("30");
    assertThat(alive.headers().firstValue("transfer-encoding")).hasValue("chunked");

    String put =
        "{\"key\": \"%s\", \"value\": \"\", \"lease\": \"%s\"}".formatted(base64("leased"), id);
    assertThat(post(0, "/v3/kv/put", put).statusCode()).isEqualTo(200);
    assertThat(
            json(post(0, "/v3/kv/range", "{\"key\": \"" + base64("leased") + "\"}"))
                .getAsJsonArray("kvs")
                .get(0)
                .getAsJsonObject()
                .get("lease"))
        .isEqualTo(granted.get("ID"));
    assertThat(post(0, "/v3/kv/lease/revoke", "{\"ID\": \"" + id + "\"}").statusCode())
        .isEqualTo(200);

    HttpResponse<String> lost = post(2, "/v3/lease/keepalive", "{\"ID\": \"" + id + "\"}");
    assertThat(lost.statusCode()).isEqualTo(200);
    assertThat(json(lost).getAsJsonObject("result").keySet())
        .containsExactlyInAnyOrder("header", "ID");
    HttpResponse<String> refused = post(0, "/v3/kv/put", put);
    assertThat(refused.statusCode()).isEqualTo(404);
    assertThat(refused.body())
        .isEqualTo(
            "{\"error\":\"etcdserver: requested lease not found\","
                + "\"message\":\"etcdserver: requested lease not found\",\"code\":5}");
  }

  @Test
  void errorsHaveEtcdsTextsAndCodes() throws Exception {
    HttpResponse<String> noKey = post(0, "/v3/kv/put", "{}");
    HttpResponse<String> future =
        post(0, "/v3/kv/range", "{\"key\": \"eA==\", \"revision\": \"999999\"}");

    assertThat(noKey.statusCode()).isEqualTo(400);
    assertThat(noKey.body())
        .isEqualTo(
            "{\"error\":\"etcdserver: key is not provided\","
                + "\"message\":\"etcdserver: key is not provided\",\"code\":3}");
    assertThat(future.statusCode()).isEqualTo(400);
    assertThat(json(future).get("code").getAsInt()).isEqualTo(11);
  }

  private String put(String key, String value) throws IOException, InterruptedException {
    return json(post(
            0,
            "/v3/kv/put",
            "{\"key\": \"%s\", \"value\": \"%s\"}".formatted(base64(key), base64(value))))
        .getAsJsonObject("header")
        .get("revision")
        .getAsString();
  }

  private static JsonObject result(Scanner lines) {
    return JsonParser.parseString(lines.nextLine()).getAsJsonObject().getAsJsonObject("result");
  }

  private HttpResponse<String> get(int member, String path)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri(member, path)).timeout(PATIENCE).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(int member, String path, String body)
      throws IOException, InterruptedException {
    return client.send(request(member, path, body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(int member, String path, String body) {
    return HttpRequest.newBuilder(uri(member, path))
        .timeout(PATIENCE)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private URI uri(int member, String path) {
    return URI.create(cluster.config(member).listenClientUrls().get(0) + path);
  }

  private static JsonObject json(HttpResponse<String> response) {
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
