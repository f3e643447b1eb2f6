package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients see of a cluster that members leave and come back to. */
class JangadaServerFailureTest {

  private static final Duration CLIENT_DEADLINE = Duration.ofSeconds(60);

  private static final RangeRequest ALL =
      RangeRequest.newBuilder()
          .setKey(ByteString.copyFrom(new byte[1]))
          .setRangeEnd(ByteString.copyFrom(new byte[1]))
          .build();

  @Test
  void storeThatCannotBeOpenedIsAFailureOfTheDiskAndNotOfTheProgram(@TempDir Path directory)
      throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 1)) {
      cluster.stop(0);
      Path store = cluster.config(0).dataDirectory().resolve("member/kv");
      Files.writeString(store.resolve("CURRENT"), "rubbish");

      assertThatThrownBy(() -> cluster.start(0))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot open the store in " + store);
    }
  }

  @Test
  void clusterGoesOnWithoutItsLeaderAndTheOldOneCatchesUp(@TempDir Path directory)
      throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      int leader = cluster.leaderSeenBy(0);
      int other = (leader + 1) % 3;
      cluster.kv(leader).put(put("before", "1"));

      cluster.stop(leader);
      putUntilAcknowledged(cluster, other, put("after", "2"));
      assertThat(keys(cluster.kv(other).range(ALL))).containsExactly("after", "before");

      cluster.start(leader);
      assertThat(keys(cluster.kv(leader).range(ALL))).containsExactly("after", "before");
    }
  }

  @Test
  void clusterThatWasStoppedComesBackWithAllItHad(@TempDir Path directory) throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      long revision = 0;
      for (int i = 0; i < 20; i++) {
        revision = cluster.kv(i % 3).put(put("k" + i, "v")).getHeader().getRevision();
      }
      IntStream.range(0, 3).forEach(cluster::stop);
      for (int member = 0; member < 3; member++) {
        cluster.start(member);
      }

      Set<Integer> hashes = new HashSet<>();
      for (int member = 0; member < 3; member++) {
        RangeResponse all = cluster.kv(member).range(ALL);
        assertThat(all.getCount()).isEqualTo(20);
        assertThat(all.getHeader().getRevision()).isEqualTo(revision);
        hashes.add(
            cluster.maintenance(member).hashKV(HashKVRequest.getDefaultInstance()).getHash());
      }
      assertThat(hashes).hasSize(1);
      assertThat(cluster.kv(0).put(put("k", "v")).getHeader().getRevision())
          .isEqualTo(revision + 1);
    }
  }

  @Test
  void memberThatMissedWhatTheLogNoLongerHasIsSentASnapshot(@TempDir Path directory)
      throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      cluster.kv(2).put(put("overwritten", "1"));
      cluster.kv(2).put(put("deleted", "1"));
      cluster.stop(2);
      long missed = cluster.server(0).status().applied();
      for (int i = 0; i < 10 * TestCluster.RETAINED_ENTRIES; i++) {
        cluster.kv(0).put(put("k" + i, "v"));
      }
      cluster.kv(0).put(put("overwritten", "2"));
      cluster
          .kv(0)
          .deleteRange(
              DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("deleted")).build());
      // A store that is closed makes all it has durable; after that the log before it may go.
      IntStream.range(0, 2).forEach(cluster::stop);
      cluster.start(0);
      cluster.start(1);
      cluster.awaitServing(0);
      int leader = cluster.leaderSeenBy(0);
      cluster.kv(leader).put(put("last", "1"));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> cluster.server(leader).status().base().index() > missed);

      cluster.start(2);
      RangeResponse all = cluster.kv(2).range(ALL);

      assertThat(all.getKvsList())
          .isEqualTo(cluster.kv(leader).range(ALL).getKvsList())
          .hasSize(10 * TestCluster.RETAINED_ENTRIES + 2);
      assertThat(cluster.server(2).status().base().index()).isGreaterThan(missed);
      Set<Integer> hashes = new HashSet<>();
      for (int member = 0; member < 3; member++) {
        hashes.add(
            cluster.maintenance(member).hashKV(HashKVRequest.getDefaultInstance()).getHash());
      }
      assertThat(hashes).hasSize(1);

      // What it was sent is its own: it goes on from there, alone with one of the others.
      cluster.stop(2);
      cluster.start(2);
      cluster.stop((leader + 1) % 3 == 2 ? (leader + 2) % 3 : (leader + 1) % 3);
      putUntilAcknowledged(cluster, 2, put("after", "1"));
      assertThat(keys(cluster.kv(2).range(ALL))).contains("after", "k0", "last");
    }
  }

  @Test
  void membersAreListedWhileTheyAreDownAndAfterTheyMoved(@TempDir Path directory)
      throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      List<Member> before = cluster.awaitPublishedMembers(0);
      cluster.stop(2);
      assertThat(cluster.awaitPublishedMembers(1)).isEqualTo(before);

      URI moved = URI.create("http://example.net:2379");
      cluster.advertise(2, moved);
      cluster.start(2);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              cluster
                  .awaitPublishedMembers(0)
                  .get(2)
                  .getClientURLsList()
                  .equals(List.of(moved.toString())));
      assertThat(cluster.awaitPublishedMembers(1)).isEqualTo(cluster.awaitPublishedMembers(0));
    }
  }

  @Test
  void membersAreListedAfterAllWereStoppedAndOneStaysAway(@TempDir Path directory)
      throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      List<Member> before = cluster.awaitPublishedMembers(0);
      // Each has applied what the others told before any of them stops.
      assertThat(cluster.awaitPublishedMembers(1)).isEqualTo(before);
      assertThat(cluster.awaitPublishedMembers(2)).isEqualTo(before);
      IntStream.range(0, 3).forEach(cluster::stop);
      cluster.start(0);
      cluster.start(1);

      // The third cannot have told again, so this is what was kept.
      assertThat(cluster.awaitPublishedMembers(0)).isEqualTo(before);
      assertThat(cluster.awaitPublishedMembers(1)).isEqualTo(before);
    }
  }

  @Test
  void memberThatWasNeverStartedIsListedWithoutANameUntilItIs(@TempDir Path directory)
      throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 3, 2)) {
      for (int asked = 0; asked < 2; asked++) {
        List<Member> members = cluster.awaitPublishedMembers(asked, 2);
        assertThat(members).extracting(Member::getName).containsExactly("n1", "n2", "");
        assertThat(members.get(2).getClientURLsList()).isEmpty();
        assertThat(members.get(2).getPeerURLsList())
            .containsExactly(cluster.config(2).listenPeerUrl().toString());
      }

      cluster.start(2);
      assertThat(cluster.awaitPublishedMembers(0))
          .extracting(Member::getName)
          .containsExactly("n1", "n2", "n3");
    }
  }

  @Test
  void aMemberWhoseAddressesAreKnownWritesNothingWhenItRestarts(@TempDir Path directory)
      throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 1)) {
      cluster.awaitPublishedMembers(0);
      long term = cluster.server(0).status().term();
      long last = cluster.server(0).status().last().index();
      cluster.stop(0);
      cluster.start(0);
      cluster.awaitServing(0);
      cluster.kv(0).put(put("k", "v"));

      // Nothing but the put and the first entry of a leader, of each if it was elected again.
      long elections = cluster.server(0).status().term() - term;
      assertThat(elections).isPositive();
      assertThat(cluster.server(0).status().last().index()).isEqualTo(last + elections + 1);
    }
  }

  @Test
  void withoutAMajorityOnlySerializableReadsAreServed(@TempDir Path directory) throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      cluster.kv(0).put(put("k", "v"));
      cluster.kv(0).range(ALL);
      cluster.stop(1);
      cluster.stop(2);
      cluster.awaitHealth(0, ServingStatus.NOT_SERVING);

      assertUnavailable(() -> cluster.kv(0, CLIENT_DEADLINE).put(put("lost", "1")));
      assertUnavailable(() -> cluster.kv(0, CLIENT_DEADLINE).range(ALL));
      assertThat(
              keys(
                  cluster
                      .kv(0, CLIENT_DEADLINE)
                      .range(ALL.toBuilder().setSerializable(true).build())))
          .containsExactly("k");

      assertThatThrownBy(() -> requiringALeader(cluster.kv(0)).put(put("lost", "2")))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getDescription()).isEqualTo("etcdserver: no leader"));

      cluster.start(1);
      cluster.awaitServing(0);
      requiringALeader(cluster.kv(0)).put(put("found", "1"));
      assertThat(keys(cluster.kv(1).range(ALL))).contains("k", "found");
    }
  }

  /** The client must hear it from the server, before its own clock says so. */
  private static void assertUnavailable(Runnable request) {
    assertThatThrownBy(request::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getDescription())
                  .isIn("etcdserver: no leader", "etcdserver: request timed out");
            });
  }

  private static KVGrpc.KVBlockingStub requiringALeader(KVGrpc.KVBlockingStub stub) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
    return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  @Test
  void requestUnderWayWhileTheMemberStopsIsTold(@TempDir Path directory) throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      cluster.stop(1);
      cluster.stop(2);
      cluster.awaitHealth(0, ServingStatus.NOT_SERVING);
      var pending = KVGrpc.newFutureStub(cluster.channel(0)).put(put("k", "v"));

      cluster.stop(0);

      assertThatThrownBy(pending::get)
          .cause()
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e ->
                  assertThat(e.getStatus().getCode())
                      .isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED));
    }
  }

  @Test
  void portInUseIsNamedAndNothingIsLeftRunning(@TempDir Path directory) throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 1)) {
      cluster.stop(0);
      ServerConfig config = cluster.config(0);
      int port = config.listenClientUrls().get(0).getPort();
      try (ServerSocket taken = new ServerSocket(port)) {
        assertThat(taken.isBound()).isTrue();
        assertThatThrownBy(() -> JangadaServer.start(config))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("--listen-client-urls")
            .hasMessageContaining(Integer.toString(port));
      }

      // Log, store and peer port are free again, or this would be refused.
      cluster.start(0);
      cluster.kv(0).put(put("k", "v"));
    }
  }

  @Test
  void secondServerOnADataDirectoryIsRefused(@TempDir Path directory) throws IOException {
    try (TestCluster cluster = TestCluster.start(directory, 1)) {
      assertThatThrownBy(() -> JangadaServer.start(cluster.config(0)))
          .hasMessageContaining(directory.toString());

      cluster.kv(0).put(put("k", "v"));
    }
  }

  @Test
  void memberThatKnowsNobodyDoesNotJoinAnExistingCluster(@TempDir Path directory) {
    ServerConfig config =
        ServerConfig.builder()
            .dataDirectory(directory)
            .listenClientUrls(List.of(URI.create("http://127.0.0.1:1")))
            .initialClusterState(ServerConfig.InitialClusterState.EXISTING)
            .build();

    assertThatThrownBy(() -> JangadaServer.start(config))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("--initial-cluster-state existing: ")
        .hasMessageContaining("--initial-cluster names no member to ask");
    assertThat(directory).isEmptyDirectory();
  }

  /**
   * As a client does that may write twice: what was on its way to a leader that died is lost, and
   * nobody can know.
   */
  private static void putUntilAcknowledged(TestCluster cluster, int member, PutRequest request) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          try {
            return cluster.kv(member, Duration.ofSeconds(2)).put(request).hasHeader();
          } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode())
                .isIn(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED);
            return false;
          }
        });
  }

  private static List<String> keys(RangeResponse response) {
    return response.getKvsList().stream().map(kv -> kv.getKey().toStringUtf8()).toList();
  }

  private static PutRequest put(String key, String value) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }
}
