package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.server.ServerConfig.StoreEngine;
import dev.jangada.server.embedded.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings for connections of clients, as clients meet them. */
class ClientSettingsTest {

  @TempDir private Path directory;

  /** A member of a cluster of one, and a client's connection to it. */
  private final class Member implements AutoCloseable {
    final int port;
    final ManagedChannel channel;
    private final JangadaServer server;

    Member(ClientSettings settings) throws IOException {
      List<Integer> ports = FreePorts.find(2);
      port = ports.get(0);
      server =
          JangadaServer.start(
              ServerConfig.builder()
                  .dataDirectory(directory.resolve("data"))
                  .storeEngine(StoreEngine.HEAP)
                  .listenClientUrls(List.of(URI.create("http://127.0.0.1:" + port)))
                  .listenPeerUrls(List.of(URI.create("http://127.0.0.1:" + ports.get(1))))
                  .clients(settings)
                  .build());
      TestCluster.awaitReady(server);
      channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    Watch watch(boolean progress) throws InterruptedException {
      Responses<WatchResponse> responses = new Responses<>();
      StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channel).watch(responses);
      requests.onNext(
          WatchRequest.newBuilder()
              .setCreateRequest(
                  WatchCreateRequest.newBuilder()
                      .setKey(ByteString.copyFromUtf8("k"))
                      .setProgressNotify(progress))
              .build());
      assertThat(responses.next().getCreated()).isTrue();
      return new Watch(requests, responses);
    }

    @Override
    public void close() {
      channel.shutdownNow();
      server.close();
    }
  }

  /** A stream with one watch. */
  private record Watch(StreamObserver<WatchRequest> requests, Responses<WatchResponse> responses) {}

  /** A client that speaks frames of HTTP/2, and does nothing by itself. */
  private static final class Frames implements AutoCloseable {
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GO_AWAY = 7;
    static final int ACKNOWLEDGED = 1;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    record Frame(int type, int flags, byte[] payload) {}

    Frames(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(60_000);
      in = new DataInputStream(socket.getInputStream());
      out = new DataOutputStream(socket.getOutputStream());
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      send(SETTINGS, new byte[0]);
    }

    void send(int type, byte[] payload) throws IOException {
      ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
      frame.putShort((short) 0).put((byte) payload.length).put((byte) type).put((byte) 0);
      frame.putInt(0).put(payload);
      out.write(frame.array());
    }

    Frame next() throws IOException {
      byte[] length = in.readNBytes(3);
      if (length.length < 3) {
        throw new EOFException();
      }
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      in.readInt();
      byte[] payload =
          in.readNBytes((length[0] & 0xff) << 16 | (length[1] & 0xff) << 8 | (length[2] & 0xff));
      return new Frame(type, flags, payload);
    }

    /** Passes over all others. */
    Frame next(int type) throws IOException {
      Frame frame = next();
      while (frame.type() != type) {
        frame = next();
      }
      return frame;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void watchThatWantsToKnowItIsToldOfProgressAsOftenAsIsSet() throws Exception {
    try (Member member =
        new Member(ClientSettings.DEFAULT.withWatchProgressInterval(Duration.ofMillis(100)))) {
      Responses<WatchResponse> silent = member.watch(false).responses();
      Responses<WatchResponse> told = member.watch(true).responses();

      for (int i = 0; i < 3; i++) {
        WatchResponse progress = told.next();
        assertThat(progress.getEventsCount()).isZero();
        assertThat(progress.getWatchId()).isZero();
        assertThat(progress.getHeader().getRevision()).isEqualTo(1);
      }
      assertThat(silent.responses).isEmpty();
    }
  }

  @Test
  void callBeyondTheMostStreamsWaitsUntilOneEnds() throws Exception {
    try (Member member = new Member(ClientSettings.DEFAULT.withMaxConcurrentStreams(2))) {
      Watch first = member.watch(false);
      Watch second = member.watch(false);
      KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(member.channel);
      RangeRequest range = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();

      assertThatThrownBy(() -> kv.withDeadlineAfter(300, TimeUnit.MILLISECONDS).range(range))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageStartingWith("DEADLINE_EXCEEDED");
      second.requests().onCompleted();
      assertThat(second.responses().end.get(60, TimeUnit.SECONDS).isOk()).isTrue();
      assertThat(kv.withDeadlineAfter(60, TimeUnit.SECONDS).range(range).getCount()).isZero();
      assertThat(first.responses().end).isNotDone();
      try (Frames other = new Frames(member.port)) {
        // Each setting has two bytes for its name, 3 being this one's, and four for its value.
        ByteBuffer settings = ByteBuffer.wrap(other.next(Frames.SETTINGS).payload());
        int most = -1;
        while (settings.hasRemaining()) {
          int name = settings.getShort();
          int value = settings.getInt();
          most = name == 3 ? value : most;
        }
        assertThat(most).isEqualTo(2);
      }
    }
  }

  @Test
  void clientThatPingsMoreOftenThanItMayIsDisconnected() throws Exception {
    try (Member member = new Member(ClientSettings.DEFAULT);
        Frames client = new Frames(member.port)) {
      for (int i = 0; i < 10; i++) {
        client.send(Frames.PING, new byte[8]);
      }

      Frames.Frame last = client.next(Frames.GO_AWAY);
      assertThat(new String(last.payload(), StandardCharsets.US_ASCII)).endsWith("too_many_pings");
    }
  }

  @Test
  void clientMayPingAsOftenAsItLikesIfNothingLessIsSet() throws Exception {
    try (Member member = new Member(ClientSettings.DEFAULT.withKeepAliveMinTime(Duration.ZERO));
        Frames client = new Frames(member.port)) {
      for (int i = 0; i < 10; i++) {
        client.send(Frames.PING, new byte[8]);
        assertThat(client.next(Frames.PING).flags()).isEqualTo(Frames.ACKNOWLEDGED);
      }
    }
  }

  @Test
  void silentClientIsSentAPingAndDisconnectedIfItDoesNotAnswer() throws Exception {
    ClientSettings settings =
        ClientSettings.DEFAULT
            .withKeepAliveInterval(Duration.ofSeconds(10))
            .withKeepAliveTimeout(Duration.ofSeconds(1));
    try (Member member = new Member(settings);
        Frames client = new Frames(member.port)) {
      assertThat(client.next(Frames.PING).flags()).isZero();

      assertThatThrownBy(
              () -> {
                while (true) {
                  client.next();
                }
              })
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(java.net.SocketTimeoutException.class);
    }
  }

  @Test
  void settingsThatCannotBeUsedAreRefused() {
    assertThatThrownBy(() -> ClientSettings.DEFAULT.withMaxConcurrentStreams(0))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--max-concurrent-streams must be at least 1, is 0");
    assertThatThrownBy(() -> ClientSettings.DEFAULT.withKeepAliveInterval(Duration.ofSeconds(9)))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--grpc-keepalive-interval must be 0, for never, or at least 10s, is 9000ms");
    assertThatThrownBy(
            () -> ClientSettings.DEFAULT.withWatchProgressInterval(Duration.ofMillis(99)))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--watch-progress-notify-interval must be at least 100ms, is 99ms");
    assertThatThrownBy(() -> ClientSettings.DEFAULT.withSlowRequest(Duration.ofMillis(-1)))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("--warning-unary-request-duration must be from 0 to 100 years");
  }
}
