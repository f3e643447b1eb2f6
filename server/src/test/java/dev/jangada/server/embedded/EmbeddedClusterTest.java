package dev.jangada.server.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.server.ServerConfig.StoreEngine;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedClusterTest {

  @Test
  void oneMemberServesOnceStartHasReturned() {
    try (EmbeddedCluster cluster = EmbeddedCluster.start(1)) {
      assertThat(cluster.endpoints()).hasSize(1);
      assertThat(cluster.connectString()).isEqualTo(cluster.endpoints().get(0).toString());
      put(cluster, 0, "k", "v");
      assertThat(get(cluster, 0, "k")).isEqualTo("v");
    }
  }

  @Test
  void temporaryDataIsGoneInTheEnd() {
    Path directory;
    try (EmbeddedCluster cluster = EmbeddedCluster.start(1)) {
      directory = cluster.server(0).config().dataDirectory().getParent();
      assertThat(directory).isDirectory();
    }

    assertThat(directory).doesNotExist();
  }

  @Test
  void clusterLosesNothingWhenItsLeaderStopsAndWhenAllDo() {
    try (EmbeddedCluster cluster = EmbeddedCluster.start(3)) {
      int leader = cluster.leader();
      int other = (leader + 1) % 3;
      put(cluster, leader, "before", "1");
      cluster.stopMember(leader);
      assertThat(cluster.isRunning(leader)).isFalse();
      assertThatThrownBy(() -> cluster.server(leader))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("n" + (leader + 1));
      assertThat(cluster.leader()).isNotEqualTo(leader);
      // What was on its way to the leader that stopped may be lost.
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsMatching(StatusRuntimeException.class::isInstance)
          .untilAsserted(() -> put(cluster, other, "after", "2"));

      // On the heap, too, what was acknowledged is in the log.
      IntStream.range(0, 3).forEach(cluster::stopMember);
      IntStream.range(0, 3).forEach(cluster::startMember);

      for (int member = 0; member < 3; member++) {
        cluster.awaitReady(member);
        assertThat(get(cluster, member, "before")).isEqualTo("1");
        assertThat(get(cluster, member, "after")).isEqualTo("2");
      }
    }
  }

  @Test
  void clusterOfOneGrowsToThreeThatSurviveItsFirstMember() {
    try (EmbeddedCluster cluster = EmbeddedCluster.start(1)) {
      put(cluster, 0, "before", "1");

      assertThat(cluster.addMember()).isEqualTo(1);
      assertThat(cluster.addMember()).isEqualTo(2);
      assertThat(cluster.size()).isEqualTo(3);
      assertThat(cluster.endpoints()).hasSize(3).doesNotHaveDuplicates();
      assertThat(get(cluster, 2, "before")).isEqualTo("1");
      cluster.stopMember(0);
      put(cluster, 1, "after", "2");
      assertThat(get(cluster, 2, "after")).isEqualTo("2");

      // Who was added comes back under the name that it was given.
      cluster.startMember(0);
      cluster.stopMember(2);
      cluster.startMember(2);
      cluster.stopMember(1);
      cluster.awaitReady(2);
      assertThat(get(cluster, 2, "after")).isEqualTo("2");
    }
  }

  @Test
  void removedMembersAreMissedByNobodyAndTheirNumbersStayTheirs() {
    try (EmbeddedCluster cluster = EmbeddedCluster.start(3)) {
      put(cluster, 0, "k", "v");
      int leader = cluster.leader();
      URI gone = cluster.endpoints().get(leader);

      cluster.removeMember(leader);
      assertThat(cluster.size()).isEqualTo(2);
      assertThat(cluster.endpoints()).hasSize(2).doesNotContain(gone);
      assertThat(cluster.isRunning(leader)).isFalse();
      assertThatThrownBy(() -> cluster.startMember(leader))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("n" + (leader + 1) + " has been removed");

      // One that does not run is removed, too, and then the rest decide alone.
      int next = cluster.addMember();
      assertThat(next).isEqualTo(3);
      cluster.stopMember(next);
      cluster.removeMember(next);
      int other = (leader + 1) % 3;
      cluster.removeMember(other);
      int last = (leader + 2) % 3;
      assertThat(get(cluster, last, "k")).isEqualTo("v");
      put(cluster, last, "k", "alone");
      assertThatThrownBy(() -> cluster.removeMember(last))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a cluster has at least one member");
      assertThat(cluster.leader()).isEqualTo(last);
    }
  }

  @Test
  void memberIsNotAddedWithoutAMajority() {
    try (EmbeddedCluster cluster = EmbeddedCluster.start(2)) {
      cluster.stopMember(0);

      assertThatThrownBy(cluster::addMember)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("cannot add a member: is a majority running?");
      assertThat(cluster.size()).isEqualTo(2);
    }
  }

  @Test
  void heapIsRebuiltFromASnapshotOnceTheLogHasBeenCut() {
    try (EmbeddedCluster cluster =
        EmbeddedCluster.builder().settings(config -> config.snapshotCount(20)).start()) {
      for (int i = 0; i < 100; i++) {
        put(cluster, 0, "k" + i, "v" + i);
      }
      cluster.stopMember(0);
      cluster.startMember(0);
      cluster.awaitReady(0);

      assertThat(cluster.server(0).status().base().index()).isPositive();
      assertThat(get(cluster, 0, "k0")).isEqualTo("v0");
      assertThat(get(cluster, 0, "k99")).isEqualTo("v99");
    }
  }

  @Test
  void dataInADirectoryOfTheCallersStaysForTheNextCluster(@TempDir Path directory) {
    Path data = directory.resolve("data");
    try (EmbeddedCluster cluster = EmbeddedCluster.builder().dataDirectory(data).start()) {
      assertThat(cluster.server(0).config().storeEngine()).isEqualTo(StoreEngine.ROCKSDB);
      put(cluster, 0, "k", "v");
    }
    assertThat(Files.isDirectory(data.resolve("n1"))).isTrue();
    try (EmbeddedCluster cluster = EmbeddedCluster.builder().dataDirectory(data).start()) {
      assertThat(get(cluster, 0, "k")).isEqualTo("v");
    }
  }

  @Test
  void clustersBesideEachOtherShareNothing() {
    try (EmbeddedCluster one = EmbeddedCluster.start(1);
        EmbeddedCluster other = EmbeddedCluster.start(1)) {
      put(one, 0, "k", "1");
      put(other, 0, "k", "2");

      assertThat(get(one, 0, "k")).isEqualTo("1");
      assertThat(get(other, 0, "k")).isEqualTo("2");
    }
  }

  @Test
  void numbersOfMembersThatMakeNoClusterAreRefused() {
    assertThatThrownBy(() -> EmbeddedCluster.start(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 1 to 7");
    assertThatThrownBy(() -> EmbeddedCluster.start(8)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void closedClusterIsNotStartedAgain() {
    EmbeddedCluster cluster = EmbeddedCluster.start(1);
    cluster.close();
    cluster.close();

    assertThatThrownBy(() -> cluster.startMember(0)).isInstanceOf(IllegalStateException.class);
  }

  private static void put(EmbeddedCluster cluster, int member, String key, String value) {
    PutRequest request =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(key))
            .setValue(ByteString.copyFromUtf8(value))
            .build();
    assertThat(ask(cluster, member, kv -> kv.put(request)).hasHeader()).isTrue();
  }

  private static String get(EmbeddedCluster cluster, int member, String key) {
    RangeRequest request = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    return ask(cluster, member, kv -> kv.range(request)).getKvs(0).getValue().toStringUtf8();
  }

  private static <T> T ask(
      EmbeddedCluster cluster, int member, Function<KVGrpc.KVBlockingStub, T> request) {
    URI endpoint = cluster.server(member).config().advertiseClientUrls().get(0);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
            .usePlaintext()
            .build();
    try {
      return request.apply(
          KVGrpc.newBlockingStub(channel)
              .withWaitForReady()
              .withDeadlineAfter(60, TimeUnit.SECONDS));
    } finally {
      channel.shutdownNow();
    }
  }
}
