package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberAddRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberPromoteRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import dev.jangada.server.embedded.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Members that are started one by one, each a process with flags of its own, and what the test asks
 * them. They are called {@code n1}, {@code n2} and so on, and each has its ports from the
 * beginning, whether it ever runs or not.
 */
final class MemberProcesses implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Exit code of a member that was removed, or that is refused for good. */
  static final int EXPELLED = 3;

  private final Path directory;
  private final String scheme;
  private final Map<String, Integer> clientPorts = new LinkedHashMap<>();
  private final Map<String, Integer> peerPorts = new LinkedHashMap<>();
  private final Map<String, Command> processes = new LinkedHashMap<>();
  private final Map<String, ManagedChannel> channels = new LinkedHashMap<>();

  /** Members that can be reached without TLS. */
  static MemberProcesses inTheClear(Path directory, int count) throws IOException {
    MemberProcesses members = new MemberProcesses(directory, "http", count);
    for (String name : members.names()) {
      members.channels.put(name, members.channelBuilder(name).usePlaintext().build());
    }
    return members;
  }

  /** Members that listen with TLS; {@link #connect} says what a client trusts and shows. */
  static MemberProcesses withTls(Path directory, int count) throws IOException {
    return new MemberProcesses(directory, "https", count);
  }

  private MemberProcesses(Path directory, String scheme, int count) throws IOException {
    this.directory = directory;
    this.scheme = scheme;
    List<Integer> ports = FreePorts.find(2 * count);
    for (int i = 0; i < count; i++) {
      clientPorts.put("n" + (i + 1), ports.get(2 * i));
      peerPorts.put("n" + (i + 1), ports.get(2 * i + 1));
    }
  }

  List<String> names() {
    return List.copyOf(clientPorts.keySet());
  }

  private NettyChannelBuilder channelBuilder(String name) {
    return NettyChannelBuilder.forAddress("127.0.0.1", clientPort(name)).directExecutor();
  }

  void connect(String name, SslContext ssl) {
    channels.put(name, channelBuilder(name).sslContext(ssl).build());
  }

  // ---------------------------------------------------------------------------------------------
  // The processes
  // ---------------------------------------------------------------------------------------------

  /** Starts a cluster of these, without further flags, and waits for it. */
  void startNew(String... names) throws IOException {
    for (String name : names) {
      start(name, "new", List.of(names));
    }
    for (String name : names) {
      awaitServing(name);
    }
    // Each has told the others its name.
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> list(names[0]).stream().noneMatch(member -> member.getName().isEmpty()));
  }

  /** Starts one that was added to a cluster of others. */
  void join(String name, List<String> others, String... flags) throws IOException {
    start(
        name,
        "existing",
        Stream.concat(others.stream(), Stream.of(name)).distinct().toList(),
        flags);
  }

  /**
   * Starts one.
   *
   * @param state that of the cluster, {@code new} or {@code existing}
   * @param cluster who it is told belongs to it
   * @param flags further ones
   */
  void start(String name, String state, List<String> cluster, String... flags) throws IOException {
    String client = scheme + "://127.0.0.1:" + clientPort(name);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "server",
                "--name=" + name,
                "--data-dir=" + data(name),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + url(name),
                "--initial-cluster="
                    + String.join(
                        ",", cluster.stream().map(other -> other + "=" + url(other)).toList()),
                "--initial-cluster-state=" + state));
    arguments.addAll(List.of(flags));
    processes.put(name, new Command(arguments.toArray(String[]::new)));
  }

  /** Kills one as a crash would. */
  void kill(String name) throws InterruptedException {
    ProcessHandle.of(process(name).pid()).orElseThrow().destroyForcibly();
    assertThat(process(name).awaitEnd(PATIENCE)).isNotZero();
  }

  /** The process that was started last under a name. */
  Command process(String name) {
    return Objects.requireNonNull(processes.get(name), name);
  }

  Path data(String name) {
    return directory.resolve(name);
  }

  void deleteData(String name) throws IOException {
    try (Stream<Path> paths = Files.walk(data(name))) {
      for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }

  int clientPort(String name) {
    return Objects.requireNonNull(clientPorts.get(name), name);
  }

  int peerPort(String name) {
    return Objects.requireNonNull(peerPorts.get(name), name);
  }

  /** From its next start on, one listens to the others where another would have. */
  void moveTo(String name, String other) {
    peerPorts.put(name, peerPort(other));
  }

  /** The peer URL of one. */
  String url(String name) {
    return scheme + "://127.0.0.1:" + peerPort(name);
  }

  // ---------------------------------------------------------------------------------------------
  // What they are asked
  // ---------------------------------------------------------------------------------------------

  ManagedChannel channel(String name) {
    return Objects.requireNonNull(channels.get(name), name);
  }

  /** Waits until one answers a linearizable read; it must not end meanwhile. */
  void awaitServing(String name) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(process(name).isAlive()).as(() -> process(name).output()).isTrue();
          try {
            count(name);
          } catch (StatusRuntimeException e) {
            channel(name).resetConnectBackoff();
            throw new AssertionError(process(name).output(), e);
          }
        });
  }

  /** How many keys there are that begin with a {@code k}. */
  long count(String name) {
    return KVGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .range(
            RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .setRangeEnd(ByteString.copyFromUtf8("l"))
                .setCountOnly(true)
                .build())
        .getCount();
  }

  void put(String name, String key) {
    var unused =
        KVGrpc.newBlockingStub(channel(name))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build());
  }

  StatusResponse status(String name) {
    return MaintenanceGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  ClusterGrpc.ClusterBlockingStub cluster(String name) {
    return ClusterGrpc.newBlockingStub(channel(name)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  /** Who belongs to the cluster, by one of them. */
  List<Member> list(String asked) {
    return cluster(asked)
        .memberList(MemberListRequest.newBuilder().setLinearizable(true).build())
        .getMembersList();
  }

  /** The id of the member at a name's peer URL. */
  long idOf(String asked, String name) {
    return list(asked).stream()
        .filter(member -> member.getPeerURLsList().contains(url(name)))
        .findFirst()
        .orElseThrow()
        .getID();
  }

  Member add(String asked, String name, boolean learner) {
    return cluster(asked)
        .memberAdd(
            MemberAddRequest.newBuilder().addPeerURLs(url(name)).setIsLearner(learner).build())
        .getMember();
  }

  List<Member> promote(String asked, long id) {
    return cluster(asked)
        .memberPromote(MemberPromoteRequest.newBuilder().setID(id).build())
        .getMembersList();
  }

  List<Member> remove(String asked, long id) {
    return cluster(asked)
        .memberRemove(MemberRemoveRequest.newBuilder().setID(id).build())
        .getMembersList();
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    processes.values().forEach(Command::close);
  }
}
