package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.server.http.RawHttp;
import dev.jangada.server.http.RawHttp.Answer;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What Prometheus reads of a cluster. */
class MetricsTest extends ClusterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Pattern LINE = Pattern.compile("([^# ]\\S*(?:\\{[^}]*})?) (\\S+)");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");

  /** The table of the documentation: names, kind. */
  private static final Path DOCUMENTATION = Path.of("..", "docs", "metrics.md");

  private static final Pattern ROW = Pattern.compile("(?m)^\\| (`.*?) \\| (\\S*) ?\\|");
  private static final Pattern NAME = Pattern.compile("`(\\w+)");

  @Test
  void exactlyOneMemberSaysThatItLeads() throws IOException {
    double leaders = 0;
    for (int member = 0; member < 3; member++) {
      cluster.awaitServing(member);
      Map<String, Double> metrics = metrics(member);
      leaders += value(metrics, "etcd_server_is_leader");

      assertThat(value(metrics, "etcd_server_has_leader")).isEqualTo(1);
      assertThat(value(metrics, "etcd_server_leader_changes_seen_total")).isPositive();
    }
    assertThat(leaders).isEqualTo(1);
  }

  @Test
  void writesShowAsEntriesSyncsRevisionAndBytes() throws IOException {
    Map<String, Double> before = metrics(0);
    for (int i = 0; i < 5; i++) {
      var unused = cluster.kv(0).put(put("metrics"));
    }
    // The member may count the last ones when the client has heard of them already.
    await().atMost(PATIENCE).untilAsserted(() -> assertWritesShow(before, metrics(0)));
    Map<String, Double> after = metrics(0);
    assertThat(value(after, "etcd_mvcc_db_total_size_in_bytes")).isPositive();
    assertThat(value(after, "process_resident_memory_bytes")).isPositive();
    assertThat(value(after, "etcd_server_version{server_version=\"3.6.0\"}")).isEqualTo(1);
  }

  /** Followers may have nothing to say to each other. */
  @Test
  void leaderCountsWhatItSendsToEachFollower() {
    int leader = cluster.leaderSeenBy(0);
    for (int i = 1; i < 3; i++) {
      int follower = (leader + i) % 3;
      String sent = "etcd_network_peer_sent_bytes_total{To=\"n" + (follower + 1) + "\"}";
      await().atMost(PATIENCE).until(() -> value(metrics(leader), sent) > 0);
    }
  }

  private static void assertWritesShow(Map<String, Double> before, Map<String, Double> after) {
    for (String grown :
        new String[] {
          "etcd_server_proposals_committed_total",
          "etcd_server_proposals_applied_total",
          "etcd_debugging_mvcc_current_revision"
        }) {
      assertThat(value(after, grown) - value(before, grown)).as(grown).isGreaterThanOrEqualTo(5);
    }
    for (String grown :
        new String[] {
          "etcd_disk_wal_fsync_duration_seconds_count",
          "etcd_disk_wal_fsync_duration_seconds_sum",
          "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"}",
          "etcd_disk_wal_write_bytes_total",
          "etcd_network_client_grpc_received_bytes_total",
          "etcd_network_client_grpc_sent_bytes_total"
        }) {
      assertThat(value(after, grown)).as(grown).isGreaterThan(value(before, grown));
    }
  }

  @Test
  void callsAreCountedByMethodAndOutcomeHoweverTheyCame() throws IOException {
    String handled =
        "grpc_server_handled_total{grpc_code=\"%s\",grpc_method=\"Put\","
            + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}";
    var unused = cluster.kv(1).put(put("calls"));
    assertThatThrownBy(() -> cluster.kv(1).put(PutRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    double ok = value(metrics(1), handled.formatted("OK"));
    try (RawHttp client = connect(1)) {
      client.post("/v3/kv/put", "{\"key\": \"Y2FsbHM=\"}").answer();
    }

    assertThat(value(metrics(1), handled.formatted("OK"))).isEqualTo(ok + 1);
    assertThat(value(metrics(1), handled.formatted("InvalidArgument"))).isEqualTo(1);
    assertThat(value(metrics(1), "jangada_client_port_events_total{event=\"http_request\"}"))
        .isPositive();
  }

  @Test
  void checksOfHealthAreCountedByOutcome() throws IOException {
    String checks = "etcd_server_healthchecks_total{name=\"%s\",status=\"%s\",type=\"readyz\"}";
    String read = checks.formatted("linearizable_read", "success");
    double before = value(metrics(0), read);
    double healthy = value(metrics(0), "etcd_server_health_success");
    try (RawHttp client = connect(0)) {
      assertThat(client.get("/readyz").answer().status()).isEqualTo(200);
      assertThat(client.get("/readyz/linearizable_read").answer().status()).isEqualTo(200);
      assertThat(client.get("/health").answer().status()).isEqualTo(200);
    }

    Map<String, Double> after = metrics(0);
    assertThat(value(after, read)).isEqualTo(before + 2);
    assertThat(value(after, checks.formatted("linearizable_read", "error"))).isZero();
    assertThat(value(after, "etcd_server_healthcheck{name=\"data_corruption\",type=\"readyz\"}"))
        .isEqualTo(1);
    assertThat(value(after, "etcd_server_health_success")).isEqualTo(healthy + 1);
    assertThat(value(after, "etcd_server_health_failures")).isZero();
  }

  @Test
  void formatFollowsWhatTheClientAccepts() throws IOException {
    try (RawHttp client = connect(2)) {
      Answer text = client.get("/metrics").answer();
      Answer open =
          client
              .send(
                  "GET /metrics HTTP/1.1\r\n"
                      + "Host: x\r\n"
                      + "Accept:"
                      + " application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n")
              .answer();

      assertThat(text.head().field("content-type")).startsWith("text/plain; version=0.0.4");
      assertThat(open.head().field("content-type")).startsWith("application/openmetrics-text");
      assertThat(open.body()).endsWith("# EOF\n");
    }
  }

  @Test
  void documentationNamesEveryMetricAndItsKind() throws IOException {
    var unused = cluster.kv(2).put(put("documented"));
    try (RawHttp client = connect(2)) {
      // What nobody has asked for has no last outcome.
      assertThat(client.get("/livez").answer().status()).isEqualTo(200);
    }
    Map<String, String> exposed = new TreeMap<>();
    for (Matcher type = TYPE.matcher(page(2)); type.find(); ) {
      exposed.put(type.group(1), type.group(2));
    }
    Map<String, String> documented = new TreeMap<>();
    for (Matcher row = ROW.matcher(Files.readString(DOCUMENTATION)); row.find(); ) {
      for (Matcher name = NAME.matcher(row.group(1)); name.find(); ) {
        documented.put(name.group(1), row.group(2));
      }
    }
    // Micrometer and the storage engine say what there is of these.
    assertThat(documented.keySet()).contains("jvm_", "jangada_store_");
    assertThat(exposed.keySet())
        .anyMatch(name -> name.startsWith("jvm_"))
        .anyMatch(name -> name.startsWith("jangada_store_"));
    for (Map<String, String> either : List.of(documented, exposed)) {
      either.keySet().removeIf(name -> name.startsWith("jvm_"));
      either.keySet().removeIf(name -> name.startsWith("jangada_store_"));
    }

    assertThat(documented).containsExactlyInAnyOrderEntriesOf(exposed);
  }

  private static PutRequest put(String key) {
    return PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
  }

  private RawHttp connect(int member) throws IOException {
    return new RawHttp(cluster.config(member).listenClientUrls().get(0).getPort());
  }

  private String page(int member) throws IOException {
    try (RawHttp client = connect(member)) {
      return client.get("/metrics").answer().body();
    }
  }

  private Map<String, Double> metrics(int member) throws IOException {
    Map<String, Double> metrics = new HashMap<>();
    page(member)
        .lines()
        .forEach(line -> {
          Matcher matcher = LINE.matcher(line);
          if (matcher.matches()) {
            metrics.put(matcher.group(1), Double.valueOf(matcher.group(2)));
          }
        });
    return metrics;
  }

  private static double value(Map<String, Double> metrics, String name) {
    assertThat(metrics).containsKey(name);
    return metrics.getOrDefault(name, Double.NaN);
  }
}
