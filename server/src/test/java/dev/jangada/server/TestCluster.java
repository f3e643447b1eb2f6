package dev.jangada.server;

import static org.awaitility.Awaitility.await;

import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.server.embedded.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Members on this host, with real sockets and disks, and a client's connection to each. */
final class TestCluster implements AutoCloseable {

  /** Few, so that a member which misses a few dozen writes has to be sent a snapshot. */
  static final int RETAINED_ENTRIES = 20;

  /**
   * Members that a test stops should be missed soon. Where none is, a leader that the machine holds
   * up for a moment should stay in office.
   */
  private static final Duration SHORT_TIMEOUT = Duration.ofMillis(500);

  private static final Duration LONG_TIMEOUT = Duration.ofSeconds(2);

  private static final long REQUEST_SECONDS = 60;

  private final List<ServerConfig> configs = new ArrayList<>();
  private final List<@Nullable JangadaServer> servers = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();

  private final Map<String, List<URI>> peers = new LinkedHashMap<>();

  private final Duration electionTimeout;

  private TestCluster(Path directory, int members, Duration electionTimeout) throws IOException {
    this.electionTimeout = electionTimeout;
    List<Integer> ports = FreePorts.find(2 * members);
    for (int i = 0; i < members; i++) {
      peers.put("n" + (i + 1), List.of(url(ports.get(members + i))));
    }
    for (int i = 0; i < members; i++) {
      configs.add(config(directory, "n" + (i + 1), peers, url(ports.get(i)), url(ports.get(i))));
      servers.add(null);
      channels.add(
          NettyChannelBuilder.forAddress("127.0.0.1", ports.get(i))
              .usePlaintext()
              .maxInboundMessageSize(64 << 20)
              .build());
    }
  }

  private ServerConfig config(
      Path directory, String name, Map<String, List<URI>> peers, URI listen, URI advertise) {
    return ServerConfig.builder()
        .name(name)
        .dataDirectory(directory.resolve(name))
        .listenClientUrls(List.of(listen))
        .advertiseClientUrls(List.of(advertise))
        .listenPeerUrls(Objects.requireNonNull(peers.get(name)))
        .initialCluster(peers)
        .heartbeatInterval(Duration.ofMillis(50))
        .electionTimeout(electionTimeout)
        .bcryptCost(4)
        .snapshotCount(RETAINED_ENTRIES)
        .build();
  }

  /** Starts a cluster and waits for it to have a leader. */
  static TestCluster start(Path directory, int members) throws IOException {
    return start(directory, members, members);
  }

  /** The same for tests that stop nobody, and count on the leader to stay the same. */
  static TestCluster startSteady(Path directory, int members) throws IOException {
    return start(new TestCluster(directory, members, LONG_TIMEOUT), members);
  }

  /** The same with only the first members started, of which there must be a majority. */
  static TestCluster start(Path directory, int members, int started) throws IOException {
    return start(new TestCluster(directory, members, SHORT_TIMEOUT), started);
  }

  private static TestCluster start(TestCluster cluster, int started) throws IOException {
    for (int i = 0; i < started; i++) {
      cluster.start(i);
    }
    for (int i = 0; i < started; i++) {
      cluster.awaitServing(i);
    }
    return cluster;
  }

  private static URI url(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  int size() {
    return configs.size();
  }

  ServerConfig config(int member) {
    return configs.get(member);
  }

  void start(int member) throws IOException {
    servers.set(member, JangadaServer.start(configs.get(member)));
    // A connection that found nobody waits ever longer before it tries again.
    channels.get(member).resetConnectBackoff();
  }

  void stop(int member) {
    JangadaServer server = servers.set(member, null);
    if (server != null) {
      server.close();
    }
  }

  JangadaServer server(int member) {
    JangadaServer server = servers.get(member);
    if (server == null) {
      throw new IllegalStateException("member " + member + " is stopped");
    }
    return server;
  }

  /** Has a member tell clients another address the next time it is started. */
  void advertise(int member, URI address) {
    ServerConfig config = configs.get(member);
    Path directory = Objects.requireNonNull(config.dataDirectory().getParent());
    URI listen = config.listenClientUrls().get(0);
    configs.set(member, config(directory, config.name(), peers, listen, address));
  }

  /** The members as one of them lists them, once it knows where clients reach all of them. */
  List<Member> awaitPublishedMembers(int member) {
    return awaitPublishedMembers(member, size());
  }

  /** The same once it knows that of so many members. */
  List<Member> awaitPublishedMembers(int member, int published) {
    return await()
        .atMost(Duration.ofSeconds(REQUEST_SECONDS))
        .ignoreExceptionsMatching(StatusRuntimeException.class::isInstance)
        .until(
            () ->
                cluster(member)
                    .memberList(MemberListRequest.newBuilder().setLinearizable(true).build())
                    .getMembersList(),
            members ->
                members.stream().filter(one -> one.getClientURLsCount() > 0).count() == published);
  }

  /** Waits for a member to know a leader and to have all that was acknowledged. */
  static void awaitReady(JangadaServer server) {
    await()
        .atMost(Duration.ofSeconds(REQUEST_SECONDS))
        .ignoreExceptions()
        .until(() -> {
          server.whenReady().get(REQUEST_SECONDS, TimeUnit.SECONDS);
          return true;
        });
  }

  /** Waits for a member to know a leader, by the stream that tells of each change of health. */
  void awaitServing(int member) {
    awaitHealth(member, ServingStatus.SERVING);
  }

  void awaitHealth(int member, ServingStatus wanted) {
    Iterator<HealthCheckResponse> changes =
        HealthGrpc.newBlockingStub(channels.get(member))
            .withWaitForReady()
            .withDeadlineAfter(REQUEST_SECONDS, TimeUnit.SECONDS)
            .watch(HealthCheckRequest.getDefaultInstance());
    ServingStatus status;
    do {
      status = changes.next().getStatus();
    } while (status != wanted);
  }

  /** The index of the member that leads, as the given member sees it once it sees one. */
  int leaderSeenBy(int member) {
    long leader =
        await()
            .atMost(Duration.ofSeconds(REQUEST_SECONDS))
            .until(
                () -> maintenance(member).status(StatusRequest.getDefaultInstance()).getLeader(),
                id -> id != 0);
    for (int i = 0; i < size(); i++) {
      JangadaServer server = servers.get(i);
      if (server != null && server.memberId() == leader) {
        return i;
      }
    }
    throw new IllegalStateException("the leader is none of the members that run");
  }

  KVGrpc.KVBlockingStub kv(int member) {
    return kv(member, Duration.ofSeconds(REQUEST_SECONDS));
  }

  KVGrpc.KVBlockingStub kv(int member, Duration deadline) {
    return KVGrpc.newBlockingStub(channels.get(member))
        .withWaitForReady()
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  MaintenanceGrpc.MaintenanceBlockingStub maintenance(int member) {
    return MaintenanceGrpc.newBlockingStub(channels.get(member))
        .withWaitForReady()
        .withDeadlineAfter(REQUEST_SECONDS, TimeUnit.SECONDS);
  }

  ClusterGrpc.ClusterBlockingStub cluster(int member) {
    return ClusterGrpc.newBlockingStub(channels.get(member))
        .withWaitForReady()
        .withDeadlineAfter(REQUEST_SECONDS, TimeUnit.SECONDS);
  }

  ManagedChannel channel(int member) {
    return channels.get(member);
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    for (int i = 0; i < size(); i++) {
      stop(i);
    }
  }
}
