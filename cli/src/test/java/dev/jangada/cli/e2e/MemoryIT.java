package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.cli.cluster.NodeClient;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.mvccpb.Event;
import dev.jangada.server.embedded.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that send more than a member, with its 128 MiB of heap, could hold. */
@Timeout(180)
class MemoryIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Together they send twice as much as the member has. */
  private static final int CLIENTS = 180;

  private static final int SENT_BYTES = 1_400_000;
  private static final int MESSAGE_BYTES = 1_500_000;

  @TempDir private Path directory;

  private int port;
  private Command process;
  private NodeClient client;
  private final List<AutoCloseable> held = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // set before each test
  MemoryIT() {}

  @BeforeEach
  void start() throws Exception {
    List<Integer> ports = FreePorts.find(2);
    port = ports.get(0);
    process =
        new Command(
            "server",
            "--name=n1",
            "--data-dir=" + directory.resolve("n1"),
            "--listen-client-urls=http://127.0.0.1:" + port,
            "--listen-peer-urls=http://127.0.0.1:" + ports.get(1));
    client = new NodeClient("127.0.0.1:" + port);
    await().atMost(PATIENCE).until(() -> client.serves(Duration.ofSeconds(2)));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : held) {
      each.close();
    }
    client.close();
    process.close();
  }

  @Test
  void messagesOverGrpcThatNeverEndAreCrowdedOutByThoseThatDo() throws Exception {
    // A length, of which the greater part follows.
    byte[] part = ByteBuffer.allocate(SENT_BYTES).put((byte) 0).putInt(MESSAGE_BYTES).array();
    holdCalls(part);

    assertServesOn();
  }

  @Test
  void completeMessagesOverGrpcThatMayNotBeTheLastAreCrowdedOutToo() throws Exception {
    PutRequest put =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("k"))
            .setValue(ByteString.copyFrom(new byte[SENT_BYTES]))
            .build();
    byte[] message = put.toByteArray();
    holdCalls(
        ByteBuffer.allocate(5 + message.length)
            .put((byte) 0)
            .putInt(message.length)
            .put(message)
            .array());

    assertServesOn();
  }

  @Test
  void requestsInJsonThatNeverEndAreCrowdedOutByThoseThatDo() throws Exception {
    byte[] start =
        ("POST /v3/kv/put HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n"
                + "{\"key\":\"aw==\",\"value\":\"")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] part = Arrays.copyOf(start, SENT_BYTES);
    Arrays.fill(part, start.length, part.length, (byte) 'A');
    int cutOff = 0;
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      held.add(socket);
      try {
        OutputStream out = socket.getOutputStream();
        out.write(part);
      } catch (IOException e) {
        cutOff++;
      }
    }
    System.out.println(cutOff + " of " + CLIENTS + " were cut off while they sent");

    assertServesOn();
  }

  /** Twice as much as the heap has, in what would be one revision if there were less of it. */
  @Test
  void leaseWithMoreKeysThanFitIntoMemoryEndsAndItsWatchersAreToldAll() throws Exception {
    int keys = 2_000;
    ByteString value = ByteString.copyFrom(new byte[100_000]);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .maxInboundMessageSize(64 << 20)
            .build();
    held.add(channel::shutdownNow);
    long lease =
        LeaseGrpc.newBlockingStub(channel)
            .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(3_600).build())
            .getID();
    for (int i = 0; i < keys; i++) {
      var unused =
          KVGrpc.newBlockingStub(channel)
              .put(
                  PutRequest.newBuilder()
                      .setKey(ByteString.copyFromUtf8("lease/" + i))
                      .setValue(value)
                      .setLease(lease)
                      .build());
    }
    Deletions deletions = new Deletions(keys);
    WatchGrpc.newStub(channel)
        .watch(deletions)
        .onNext(
            WatchRequest.newBuilder()
                .setCreateRequest(
                    WatchCreateRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("lease/"))
                        .setRangeEnd(ByteString.copyFromUtf8("lease0"))
                        .setPrevKv(true)
                        .setFragment(true))
                .build());
    assertThat(deletions.created.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

    var unused =
        LeaseGrpc.newBlockingStub(channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());

    assertThat(deletions.left.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as(() -> deletions.left + " " + deletions.failure + "\n" + process.output())
        .isTrue();
    assertThat(deletions.previousBytes).isEqualTo((long) keys * value.size());
    assertThat(process.isAlive()).as(process.output()).isTrue();
  }

  /** A watcher that counts deletions, and adds up what was deleted. */
  private static final class Deletions implements StreamObserver<WatchResponse> {

    private final CountDownLatch created = new CountDownLatch(1);
    private final CountDownLatch left;
    private volatile @Nullable Throwable failure;

    /** Written before the last deletion is counted. */
    private long previousBytes;

    Deletions(int expected) {
      left = new CountDownLatch(expected);
    }

    @Override
    public void onNext(WatchResponse response) {
      if (response.getCreated()) {
        created.countDown();
      }
      for (Event event : response.getEventsList()) {
        previousBytes += event.getPrevKv().getValue().size();
        left.countDown();
      }
    }

    @Override
    public void onError(Throwable why) {
      failure = why;
    }

    @Override
    public void onCompleted() {}
  }

  private void holdCalls(byte[] bytes) throws IOException {
    int ended = 0;
    UnfinishedCall first = new UnfinishedCall(port, "/etcdserverpb.KV/Put");
    held.add(first);
    assertThat(first.send(bytes)).isTrue();
    for (int i = 1; i < CLIENTS; i++) {
      UnfinishedCall call = new UnfinishedCall(port, "/etcdserverpb.KV/Put");
      held.add(call);
      ended += call.send(bytes) ? 0 : 1;
    }
    // Each of them went on sending until it had sent all of it.
    assertThat(ended).isZero();
    first.awaitEnd();
  }

  private long put(int number) {
    return KVGrpc.newBlockingStub(client.channel())
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .put(
            PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k" + number))
                .setValue(ByteString.copyFrom(new byte[SENT_BYTES]))
                .build())
        .getHeader()
        .getRevision();
  }

  /** Requests as large as any of the others are served, while those are still there. */
  private void assertServesOn() {
    for (int i = 0; i < 10; i++) {
      int number = i;
      // What the others have sent may still be on its way; until it is there they do not stand
      // still, and a refusal is worth another attempt.
      await().atMost(PATIENCE).ignoreExceptions().until(() -> put(number) == 2 + number);
    }
    assertThat(process.isAlive()).as(process.output()).isTrue();
    assertThat(process.output())
        .contains("kind=crowded_out")
        .doesNotContain("OutOfMemory")
        .doesNotContain("OutOfDirectMemory");
  }
}
