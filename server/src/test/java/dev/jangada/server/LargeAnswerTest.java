package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.server.embedded.EmbeddedCluster;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Reads that ask for more than a member has memory for, or that nobody takes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeAnswerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int KEYS = 8;
  private static final int VALUE_BYTES = 1 << 20;
  private static final ByteString ALL = ByteString.copyFrom(new byte[1]);
  private static final RangeRequest EVERYTHING =
      RangeRequest.newBuilder().setKey(ALL).setRangeEnd(ALL).build();
  private static final RangeRequest MOST = EVERYTHING.toBuilder().setLimit(KEYS - 2).build();

  private EmbeddedCluster cluster;
  private ManagedChannel channel;
  private KVGrpc.KVBlockingStub kv;

  @BeforeAll
  void fill() {
    cluster =
        EmbeddedCluster.builder()
            .settings(settings -> settings.answerMemoryBytes((KEYS - 1) * (long) VALUE_BYTES))
            .start();
    URI endpoint = cluster.endpoints().get(0);
    channel =
        NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
            .usePlaintext()
            .maxInboundMessageSize(2 * KEYS * VALUE_BYTES)
            .build();
    kv = KVGrpc.newBlockingStub(channel);
    for (int i = 0; i < KEYS; i++) {
      kv.put(
          PutRequest.newBuilder()
              .setKey(ByteString.copyFromUtf8("k" + i))
              .setValue(ByteString.copyFrom(new byte[VALUE_BYTES]))
              .build());
    }
  }

  @AfterAll
  void close() {
    channel.shutdownNow();
    cluster.close();
  }

  @Test
  void rangeOfMoreThanThereIsMemoryForIsRefusedAndSaysWhatHelps() {
    assertThatThrownBy(() -> kv.range(EVERYTHING))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage(
            "RESOURCE_EXHAUSTED: etcdserver: too much data for one request: ask for fewer keys at"
                + " once, with a limit or a smaller range");
    assertThatThrownBy(() ->
            kv.txn(
                TxnRequest.newBuilder()
                    .addSuccess(RequestOp.newBuilder().setRequestRange(EVERYTHING))
                    .build()))
        .hasMessageContaining("too much data for one request");

    assertThat(kv.range(EVERYTHING.toBuilder().setCountOnly(true).build()).getCount())
        .isEqualTo(KEYS);
    assertThat(kv.range(EVERYTHING.toBuilder().setKeysOnly(true).build()).getKvsCount())
        .isEqualTo(KEYS);
  }

  @Test
  void memoryIsGivenBackWhenAnAnswerHasBeenSent() {
    for (int i = 0; i < 20; i++) {
      // The end of a call may reach the client before the server has noted it.
      RangeResponse answer =
          await().atMost(PATIENCE).ignoreExceptions().until(() -> kv.range(MOST), any -> true);
      assertThat(answer.getKvsCount()).isEqualTo(KEYS - 2);
    }
  }

  @Test
  void answerThatIsNotReadHoldsItsMemoryUntilItsClientGoes() {
    ClientCall<RangeRequest, RangeResponse> idle =
        channel.newCall(KVGrpc.getRangeMethod(), CallOptions.DEFAULT);
    idle.start(new ClientCall.Listener<>() {}, new Metadata());
    idle.sendMessage(MOST);
    idle.halfClose();

    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThatThrownBy(() -> kv.range(MOST))
                .hasMessage("RESOURCE_EXHAUSTED: etcdserver: too many requests"));

    idle.cancel("gone", null);
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> kv.range(MOST).getKvsCount() == KEYS - 2);
  }

  @Test
  void answerInJsonTakesMoreAndIsRefusedLikewise() throws Exception {
    assertThat(post("{\"key\":\"AA==\",\"range_end\":\"AA==\",\"limit\":\"2\"}").statusCode())
        .isEqualTo(429);
    for (int i = 0; i < 10; i++) {
      await()
          .atMost(PATIENCE)
          .until(() ->
              post("{\"key\":\"AA==\",\"range_end\":\"AA==\",\"limit\":\"1\"}").statusCode()
                  == 200);
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(post("{\"key\":\"AA==\",\"range_end\":\"AA==\",\"limit\":\"2\"}").body())
                .contains("too much data for one request"));
  }

  private HttpResponse<String> post(String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(cluster.endpoints().get(0).resolve("/v3/kv/range"))
              .version(HttpClient.Version.HTTP_1_1)
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
