package dev.jangada.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.server.http.PortStatistics.Event;
import dev.jangada.server.http.RawHttp.Answer;
import dev.jangada.server.http.RawHttp.Head;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One port for gRPC and HTTP, with services that do what the test says. */
class SharedPortTest {

  private static final int MAX_MESSAGE = 10_000;

  private final TestServices services = new TestServices();
  private final PortStatistics statistics = new PortStatistics();
  private TestPort port;

  @BeforeEach
  void open() throws IOException {
    port = open(HttpLimits.forMessagesUpTo(MAX_MESSAGE));
  }

  @AfterEach
  void close() throws InterruptedException {
    port.close();
  }

  private void reopen(HttpLimits limits) throws IOException, InterruptedException {
    port.close();
    port = open(limits);
  }

  /** Sends what the port does not take; it has to hang up without an answer, and to count it. */
  private void assertClosedAfter(String sent, Event counted) throws IOException {
    try (RawHttp client = port.connect()) {
      client.send(sent);

      assertThat(client.isClosed()).isTrue();
    }
    assertThat(statistics.count(counted)).isEqualTo(1);
  }

  // ---------------------------------------------------------------------------------------------
  // Which protocol
  // ---------------------------------------------------------------------------------------------

  @Test
  void grpcAndHttpShareThePort() throws Exception {
    RangeResponse overGrpc =
        KVGrpc.newBlockingStub(port.channel()).range(RangeRequest.getDefaultInstance());
    try (RawHttp client = port.connect()) {
      Answer overHttp = client.post("/v3/kv/range", "{}").answer();

      assertThat(overGrpc.getCount()).isEqualTo(7);
      assertThat(overHttp.body()).isEqualTo("{\"count\":\"7\"}");
    }
    assertThat(statistics.count(Event.GRPC_CONNECTION)).isEqualTo(1);
    assertThat(statistics.count(Event.HTTP_CONNECTION)).isEqualTo(1);
  }

  @Test
  void requestThatComesByteForByteIsUnderstood() throws Exception {
    try (RawHttp client = port.connect()) {
      for (char letter :
          "GET /version HTTP/1.1\r\nhOsT: x\r\ncontent-LENGTH: 2\r\n\r\n{}".toCharArray()) {
        client.send(String.valueOf(letter));
      }

      assertThat(client.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void rubbishIsClosedAndCounted() throws Exception {
    assertClosedAfter("\u0000\u0001\u0002 what a port scanner may send", Event.UNKNOWN_PROTOCOL);
  }

  @Test
  void tlsWhereThereIsNoneIsClosedAndCounted() throws Exception {
    assertClosedAfter("\u0016\u0003\u0001\u0002\u0000\u0001", Event.TLS_ON_PLAIN_PORT);
  }

  @Test
  void connectionThatSaysNothingIsClosedAndCounted() throws Exception {
    reopen(limits(Duration.ofMillis(50), Duration.ofSeconds(30), Duration.ofSeconds(30)));
    assertClosedAfter("", Event.SILENT_CONNECTION);
  }

  // ---------------------------------------------------------------------------------------------
  // HTTP
  // ---------------------------------------------------------------------------------------------

  @Test
  void bodyOfAGetIsReadAndDropped() throws Exception {
    try (RawHttp client = port.connect()) {
      String request = "GET /version HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
      for (int i = 0; i < 3; i++) {
        Answer answer = client.send(request).answer();

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.head().field("content-type")).isEqualTo("application/json");
        assertThat(answer.body()).isEqualTo("{\"etcdserver\":\"3.6.0\",\"etcdcluster\":\"3.6.0\"}");
      }
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws Exception {
    try (RawHttp client = port.connect()) {
      String range = "POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
      String version = "GET /version HTTP/1.1\r\nHost: x\r\n\r\n";
      client.send(range + version + range + version);

      assertThat(client.answer().body()).contains("count");
      assertThat(client.answer().body()).contains("etcdserver");
      assertThat(client.answer().body()).contains("count");
      assertThat(client.answer().body()).contains("etcdserver");
    }
  }

  @Test
  void headHasNoBody() throws Exception {
    try (RawHttp client = port.connect()) {
      Head head = client.send("HEAD /version HTTP/1.1\r\nHost: x\r\n\r\n").head();

      assertThat(head.status()).isEqualTo(200);
      assertThat(client.get("/version").answer().status()).isEqualTo(200);
    }
  }

  @Test
  void connectionEndsWhenTheClientAsksForThat() throws Exception {
    try (RawHttp client = port.connect()) {
      client.send("GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

      assertThat(client.answer().head().field("connection")).isEqualTo("close");
      assertThat(client.isClosed()).isTrue();
    }
  }

  @Test
  void clientOfHttp10GetsAnAnswerWithoutChunks() throws Exception {
    services.keepAlive = request -> ttl(request, 12);
    try (RawHttp client = port.connect()) {
      client.send("POST /v3/lease/keepalive HTTP/1.0\r\nContent-Length: 8\r\n\r\n{\"ID\":7}");
      Answer answer = client.answer();

      assertThat(answer.head().fields()).doesNotContainKey("transfer-encoding");
      assertThat(answer.body()).isEqualTo("{\"result\":{\"ID\":\"7\",\"TTL\":\"12\"}}\n");
    }
  }

  @Test
  void unknownPathsAre404InPlainText() throws Exception {
    try (RawHttp client = port.connect()) {
      for (String path : new String[] {"/v2/keys", "/v3alpha/kv/range", "/metric"}) {
        Answer answer = client.post(path, "{}").answer();

        assertThat(answer.status()).as(path).isEqualTo(404);
        assertThat(answer.head().field("content-type")).startsWith("text/plain");
        assertThat(answer.body()).isEqualTo("404 page not found\n");
      }
      assertThat(client.post("/v3/kv/nothing", "{}").answer().status()).isEqualTo(404);
    }
  }

  @Test
  void otherMethodsAre405AndTheAllowedOnesAreNamed() throws Exception {
    try (RawHttp client = port.connect()) {
      Answer get = client.get("/v3/kv/range").answer();
      Answer post = client.post("/version", "{}").answer();

      assertThat(get.status()).isEqualTo(405);
      assertThat(get.head().field("allow")).isEqualTo("POST");
      assertThat(post.status()).isEqualTo(405);
      assertThat(post.head().field("allow")).isEqualTo("GET, HEAD");
    }
  }

  @Test
  void malformedRequestIs400AndTheEndOfTheConnection() throws Exception {
    try (RawHttp client = port.connect()) {
      Answer answer = client.send("GET nonsense\r\n\r\n").answer();

      assertThat(answer.status()).isEqualTo(400);
      assertThat(client.isClosed()).isTrue();
    }
    assertThat(statistics.count(Event.MALFORMED_REQUEST)).isEqualTo(1);
  }

  @Test
  void longHeadersAndLinesAreRefused() throws Exception {
    try (RawHttp client = port.connect()) {
      client.send("GET /version HTTP/1.1\r\nX: " + "x".repeat(20_000) + "\r\n\r\n");

      assertThat(client.answer().status()).isEqualTo(431);
    }
    try (RawHttp client = port.connect()) {
      client.send("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\n\r\n");

      assertThat(client.answer().status()).isEqualTo(414);
    }
  }

  @Test
  void tooLargeBodyIsRefusedBeforeItHasCome() throws Exception {
    try (RawHttp client = port.connect()) {
      client.send(
          "POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n{\"key\":\"");
      // At once: the server does not wait for more for ever.
      client.send("A".repeat(120_000));

      assertThat(client.answer().status()).isEqualTo(413);
    }
  }

  @Test
  void clientThatAsksFirstIsToldToContinueOrNotToBother() throws Exception {
    String start = "POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n";
    try (RawHttp client = port.connect()) {
      assertThat(client.send(start + "Content-Length: 2\r\n\r\n").head().status()).isEqualTo(100);
      assertThat(client.send("{}").answer().status()).isEqualTo(200);
    }
    try (RawHttp client = port.connect()) {
      assertThat(client.send(start + "Content-Length: 900000000\r\n\r\n").answer().status())
          .isEqualTo(413);
    }
  }

  @Test
  void requestThatTakesTooLongEndsTheConnection() throws Exception {
    reopen(limits(Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofSeconds(30)));
    assertClosedAfter(
        "POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", Event.SLOW_CLIENT);
  }

  @Test
  void idleConnectionEndsAndAnOpenWatchIsNotIdle() throws Exception {
    // Only idle connections end soon: one that has just been opened may take its time.
    reopen(limits(Duration.ofSeconds(60), Duration.ofMillis(300), Duration.ofMillis(300)));
    try (RawHttp idle = port.connect();
        RawHttp watching = port.connect()) {
      watching.post("/v3/watch", "{\"create_request\":{}}");
      assertThat(watching.head().status()).isEqualTo(200);
      assertThat(watching.chunk()).contains("created");
      idle.get("/version").answer();

      assertThat(idle.isClosed()).isTrue();
      StreamObserver<WatchResponse> watch = services.watches.take();
      watch.onNext(WatchResponse.newBuilder().setWatchId(5).build());
      assertThat(watching.chunk()).isEqualTo("{\"result\":{\"watch_id\":\"5\"}}\n");
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The gateway
  // ---------------------------------------------------------------------------------------------

  @Test
  void requestMayHaveNumbersOrStringsEitherSpellingAndUnknownNames() throws Exception {
    try (RawHttp client = port.connect()) {
      String body =
          "{\"key\": \"a2V5\", \"rangeEnd\": \"a2V6\", \"limit\": \"3\", \"revision\": 4,"
              + " \"sort_order\": \"DESCEND\", \"min_mod_revision\": \"9007199254740993\","
              + " \"unheard_of\": {\"x\": [1, null]}}";

      assertThat(client.post("/v3/kv/range", body).answer().status()).isEqualTo(200);
      assertThat(services.lastRange)
          .isEqualTo(
              RangeRequest.newBuilder()
                  .setKey(ByteString.copyFromUtf8("key"))
                  .setRangeEnd(ByteString.copyFromUtf8("kez"))
                  .setLimit(3)
                  .setRevision(4)
                  .setSortOrder(RangeRequest.SortOrder.DESCEND)
                  .setMinModRevision(9007199254740993L)
                  .build());
      assertThat(client.post("/v3beta/kv/range", "").answer().status()).isEqualTo(200);
      assertThat(services.lastRange).isEqualTo(RangeRequest.getDefaultInstance());
    }
  }

  @Test
  void malformedJsonIs400WithTheCodeOfAnInvalidArgument() throws Exception {
    try (RawHttp client = port.connect()) {
      for (String body :
          new String[] {
            "{", "nonsense", "{]", "[]", "{\"key\":5x}", "{} {}", "{\"limit\":\"a\"}"
          }) {
        Answer answer = client.post("/v3/kv/range", body).answer();

        assertThat(answer.status()).as(body).isEqualTo(400);
        assertThat(answer.head().field("content-type")).isEqualTo("application/json");
        assertThat(answer.body()).as(body).contains("\"error\":", "\"message\":", "\"code\":3");
      }
      assertThat(client.post("/v3/watch", "nonsense").answer().status()).isEqualTo(400);
    }
  }

  @Test
  void constantThatDoesNotExistIsRefusedAndNotTakenForAnother() throws Exception {
    try (RawHttp client = port.connect()) {
      assertThat(client.post("/v3/kv/range", "{\"sort_order\": \"SIDEWAYS\"}").answer().body())
          .contains(
              "unknown value \\\"SIDEWAYS\\\" for enum etcdserverpb.RangeRequest.SortOrder at"
                  + " $.sort_order");
      String txn = "{\"success\": [{\"requestTxn\": {\"compare\": [{\"target\": \"VALU\"}]}}]}";
      Answer nested = client.post("/v3/kv/txn", txn).answer();
      assertThat(nested.status()).isEqualTo(400);
      assertThat(nested.body()).contains("$.success[0].requestTxn.compare[0].target");
      assertThat(client.post("/v3/kv/range", "{\"sortOrder\": \"1\"}").answer().status())
          .isEqualTo(200);
      assertThat(services.lastRange.getSortOrder()).isEqualTo(RangeRequest.SortOrder.ASCEND);
      assertThat(client.post("/v3/kv/range", "{\"sort_order\": 2}").answer().status())
          .isEqualTo(200);
      assertThat(services.lastRange.getSortOrder()).isEqualTo(RangeRequest.SortOrder.DESCEND);
    }
  }

  @Test
  void whatIsWrongIsNotToldInTheWordsOfALibrary() throws Exception {
    try (RawHttp client = port.connect()) {
      assertThat(client.post("/v3/kv/range", "{\"limit\": NaN}").answer().body())
          .contains("\"malformed JSON at $.limit\"");
    }
  }

  @Test
  void nestingWithoutEndIsRefused() throws Exception {
    try (RawHttp client = port.connect()) {
      Answer answer = client.post("/v3/kv/range", "{\"a\":" + "[".repeat(15_000)).answer();

      assertThat(answer.status()).isEqualTo(400);
    }
  }

  @Test
  void messageLargerThanOverGrpcIsRefusedInGrpcsWords() throws Exception {
    try (RawHttp client = port.connect()) {
      String key = "A".repeat(16_000);
      Answer answer = client.post("/v3/kv/range", "{\"key\":\"" + key + "\"}").answer();

      assertThat(answer.status()).isEqualTo(429);
      assertThat(answer.body())
          .contains("\"code\":8", "grpc: received message larger than max (12003 vs. 10000)");
    }
  }

  @Test
  void refusalByTheServiceHasItsTextTwiceAndItsCode() throws Exception {
    services.refusal = Status.NOT_FOUND.withDescription("etcdserver: requested lease not found");
    try (RawHttp client = port.connect()) {
      Answer answer = client.post("/v3/kv/put", "{}").answer();

      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.body())
          .isEqualTo(
              "{\"error\":\"etcdserver: requested lease not found\","
                  + "\"message\":\"etcdserver: requested lease not found\",\"code\":5}");
    }
  }

  @Test
  void statusesAreThoseOfTheFirstGateway() throws Exception {
    int[] expected = {
      200, 408, 500, 400, 504, 404, 409, 403, 429, 412, 409, 400, 501, 500, 503, 500, 401
    };
    for (Status.Code code : Status.Code.values()) {
      assertThat(GatewayStatus.http(code).code()).as(code.name()).isEqualTo(expected[code.value()]);
    }
  }

  @Test
  void methodThatNobodyServesIs501() throws Exception {
    try (RawHttp client = port.connect()) {
      Answer answer = client.post("/v3/auth/enable", "{}").answer();

      assertThat(answer.status()).isEqualTo(501);
      assertThat(answer.body()).contains("\"code\":12");
    }
  }

  @Test
  void headersBecomeMetadataAndADeadline() throws Exception {
    try (RawHttp client = port.connect()) {
      client.post(
          "/v3/kv/range",
          "{}",
          "Authorization: abc.7",
          "gRPC-mEtadata-HasLeader: true",
          "Grpc-Timeout: 300S");

      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(services.lastToken).isEqualTo("abc.7");
      assertThat(services.lastHasLeader).isEqualTo("true");
      assertThat(services.lastTimeoutSeconds).isBetween(1L, 300L);
      assertThat(client.post("/v3/kv/range", "{}", "Grpc-Timeout: soon").answer().status())
          .isEqualTo(400);
    }
  }

  @Test
  void callThatTakesLongerThanItsTimeoutIs504() throws Exception {
    services.silent = true;
    try (RawHttp client = port.connect()) {
      Answer answer = client.post("/v3/kv/range", "{}", "Grpc-Timeout: 50m").answer();

      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.body()).contains("\"code\":4");
    }
  }

  @Test
  void clientThatGoesCancelsItsCall() throws Exception {
    services.silent = true;
    try (RawHttp client = port.connect()) {
      client.post("/v3/kv/range", "{}");
      services.rangeStarted.await();
    }
    assertThat(services.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
  }

  // ---------------------------------------------------------------------------------------------
  // Streams
  // ---------------------------------------------------------------------------------------------

  @Test
  void keepAliveIsAnsweredOnceAndEndsThoughTheServiceTakesItsTime() throws Exception {
    CompletableFuture<LeaseKeepAliveResponse> later = new CompletableFuture<>();
    services.keepAlive = request -> later;
    try (RawHttp client = port.connect()) {
      client.post("/v3/lease/keepalive", "{\"ID\": \"7694296585955196422\"}");
      services.keepAliveAsked.await();
      later.complete(
          LeaseKeepAliveResponse.newBuilder().setID(7694296585955196422L).setTTL(12).build());

      assertThat(client.head().field("transfer-encoding")).isEqualTo("chunked");
      assertThat(client.chunk())
          .isEqualTo("{\"result\":{\"ID\":\"7694296585955196422\",\"TTL\":\"12\"}}\n");
      assertThat(client.chunk()).isEmpty();
      services.keepAlive = request -> ttl(request, 0);
      assertThat(client.post("/v3/lease/keepalive", "{\"ID\": 123}").answer().body())
          .isEqualTo("{\"result\":{\"ID\":\"123\"}}\n");
    }
  }

  @Test
  void everyRequestInTheBodyOfAStreamIsAnswered() throws Exception {
    services.keepAlive = request -> ttl(request, 12);
    try (RawHttp client = port.connect()) {
      Answer answer =
          client.post("/v3/lease/keepalive", "{\"ID\":1}\n{\"ID\":2} {\"ID\":3}").answer();

      assertThat(answer.body().lines()).hasSize(3).last().asString().contains("\"ID\":\"3\"");
    }
  }

  @Test
  void emptyStreamEndsAtOnce() throws Exception {
    try (RawHttp client = port.connect()) {
      assertThat(client.post("/v3/watch", "").answer())
          .isEqualTo(client.post("/v3/watch", "{}").answer());
    }
  }

  @Test
  void streamThatIsRefusedAtOnceHasTheStatusOfTheRefusal() throws Exception {
    services.keepAlive =
        request ->
            CompletableFuture.failedFuture(
                Status.UNAVAILABLE.withDescription("etcdserver: no leader").asRuntimeException());
    try (RawHttp client = port.connect()) {
      Answer answer = client.post("/v3/lease/keepalive", "{\"ID\":1}").answer();

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.body())
          .isEqualTo(
              "{\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"etcdserver: no"
                  + " leader\",\"http_status\":\"Service Unavailable\"}}\n");
    }
  }

  @Test
  void watchSurvivesTheEndOfItsRequestAndEachMessageIsAChunkSentAtOnce() throws Exception {
    try (RawHttp client = port.connect()) {
      client.post("/v3/watch", "{\"create_request\": {\"key\": \"Zm9v\", \"filters\": []}}");
      Head head = client.head();

      assertThat(head.status()).isEqualTo(200);
      assertThat(head.field("transfer-encoding")).isEqualTo("chunked");
      assertThat(client.chunk()).isEqualTo("{\"result\":{\"created\":true}}\n");
      StreamObserver<WatchResponse> watch = services.watches.take();
      for (int i = 1; i <= 200; i++) {
        watch.onNext(WatchResponse.newBuilder().setWatchId(i).build());
        assertThat(client.chunk()).isEqualTo("{\"result\":{\"watch_id\":\"" + i + "\"}}\n");
      }
      assertThat(services.watchHalfClosed.getCount()).isEqualTo(1);
    }
    assertThat(services.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void bodyMayGoOnWhileTheWatchIsUnderWay() throws Exception {
    try (RawHttp client = port.connect()) {
      client.send("POST /v3/watch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("17\r\n{\"create_request\": {}} \r\n");
      client.head();
      assertThat(client.chunk()).contains("created");
      client.send("1c\r\n{\"create_request\":\t\t\t  {}} \n\r\n0\r\n\r\n");
      assertThat(client.chunk()).contains("created");
    }
  }

  @Test
  void watchThatIsCancelledByTheServerEndsTheAnswer() throws Exception {
    try (RawHttp client = port.connect()) {
      client.post("/v3/watch", "{\"create_request\":{}}");
      client.head();
      client.chunk();
      services
          .watches
          .take()
          .onNext(WatchResponse.newBuilder().setCanceled(true).setCompactRevision(9).build());

      assertThat(client.chunk())
          .isEqualTo("{\"result\":{\"canceled\":true,\"compact_revision\":\"9\"}}\n");
      assertThat(client.chunk()).isEmpty();
      assertThat(client.get("/version").answer().status()).isEqualTo(200);
    }
  }

  @Test
  void failureOfAStreamUnderWayIsItsLastLine() throws Exception {
    try (RawHttp client = port.connect()) {
      client.post("/v3/watch", "{\"create_request\":{}}");
      client.head();
      client.chunk();
      services
          .watches
          .take()
          .onError(Status.UNAVAILABLE.withDescription("etcdserver: server stopped").asException());

      assertThat(client.chunk()).startsWith("{\"error\":{\"grpc_code\":14,");
      assertThat(client.chunk()).isEmpty();
    }
  }

  @Test
  void serviceIsNotAskedForMoreThanTheClientReads() throws Exception {
    try (RawHttp client = port.connect()) {
      client.post("/v3/watch", "{\"create_request\":{}}");
      client.head();
      client.chunk();
      ServerCallStreamObserver<WatchResponse> watch = services.watches.take();
      String reason = "x".repeat(50_000);
      int sent = 0;
      // Sockets and queues take some megabytes; what is sent only while ready has an end.
      while (services.awaitReady(watch, Duration.ofSeconds(1))) {
        watch.onNext(WatchResponse.newBuilder().setWatchId(++sent).setCancelReason(reason).build());
        assertThat(sent).as("messages taken from the service").isLessThan(2_000);
      }

      for (int i = 1; i <= sent; i++) {
        assertThat(client.chunk()).contains("\"watch_id\":\"" + i + "\"");
      }
      assertThat(services.awaitReady(watch, Duration.ofSeconds(20))).isTrue();
    }
  }

  @Test
  void requestUnderWayIsAnsweredWhenTheServerStops() throws Exception {
    services.silent = true;
    try (RawHttp client = port.connect()) {
      client.post("/v3/kv/range", "{}");
      services.rangeStarted.await();
      port.server.shutdown();
      services.answerSilentRange();

      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(client.isClosed()).isTrue();
    }
  }

  private TestPort open(HttpLimits limits) throws IOException {
    return new TestPort(services, limits, statistics, TlsSource.NONE);
  }

  private static HttpLimits limits(Duration opening, Duration request, Duration idle) {
    return new HttpLimits(
        opening, request, idle, Duration.ofSeconds(60), 4 << 10, 16 << 10, MAX_MESSAGE);
  }

  private static CompletableFuture<LeaseKeepAliveResponse> ttl(
      LeaseKeepAliveRequest request, long ttl) {
    return CompletableFuture.completedFuture(
        LeaseKeepAliveResponse.newBuilder().setID(request.getID()).setTTL(ttl).build());
  }
}
