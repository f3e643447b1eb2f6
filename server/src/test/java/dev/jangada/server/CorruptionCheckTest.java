package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.AlarmMember;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest;
import dev.jangada.etcd.api.etcdserverpb.AlarmType;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.kv.store.RocksDbOptions;
import dev.jangada.kv.store.RocksDbStore;
import dev.jangada.server.embedded.EmbeddedCluster;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members that compare what they have, with one among them whose store was damaged. */
@Timeout(300)
class CorruptionCheckTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private EmbeddedCluster cluster;
  private ManagedChannel channel;

  @SuppressWarnings("NullAway.Init") // each test begins by starting the cluster
  CorruptionCheckTest() {}

  private void start(String interval, boolean initially) {
    cluster =
        EmbeddedCluster.builder()
            .members(3)
            .dataDirectory(directory)
            .settings(settings ->
                settings
                    .electionTimeout(Duration.ofSeconds(1))
                    .corruptCheckInterval(interval)
                    .initialCorruptCheck(initially))
            .start();
    channel = channelTo(0);
  }

  private ManagedChannel channelTo(int member) {
    return NettyChannelBuilder.forAddress(
            cluster.endpoints().get(member).getHost(), cluster.endpoints().get(member).getPort())
        .usePlaintext()
        .build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    cluster.close();
  }

  private KVGrpc.KVBlockingStub kv() {
    return KVGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private long put(String key, String value) {
    return kv().put(
            PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build())
        .getHeader()
        .getRevision();
  }

  private List<AlarmMember> alarms() {
    return MaintenanceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .alarm(AlarmRequest.getDefaultInstance())
        .getAlarmsList();
  }

  /** Changes what a stopped member has at a key, behind its back. */
  private void damage(String member, String key) {
    Path store = directory.resolve(member).resolve("member").resolve("kv");
    byte[] latest = ("l" + key).getBytes(StandardCharsets.UTF_8);
    try (RocksDbStore engine = RocksDbStore.open(RocksDbOptions.in(store))) {
      byte[] version;
      try (OrderedStore.Snapshot now = engine.snapshot()) {
        version = Objects.requireNonNull(now.get(latest), "the key is not there");
      }
      version[version.length - 1] ^= 1;
      try (OrderedStore.Batch batch = engine.newBatch()) {
        batch.put(latest, version);
        batch.commit();
      }
      engine.flush();
    }
  }

  @Test
  void alarmNamesTheMemberThatHasSomethingElseAndNoOtherUnderLoadAndCompaction() {
    start("1s", false);
    put("precious", "value");
    long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
    for (int i = 0; System.nanoTime() - end < 0; i++) {
      long revision = put("k" + i % 50, "value " + i);
      if (i % 7 == 0) {
        var unused =
            kv().deleteRange(
                    DeleteRangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k" + i % 50))
                        .build());
      }
      if (i % 500 == 499) {
        var unused =
            kv().compact(CompactionRequest.newBuilder().setRevision(revision - 20).build());
      }
    }
    // With all that is there compacted it can still be compared.
    var unused =
        kv().compact(CompactionRequest.newBuilder().setRevision(put("last", "one")).build());
    assertThat(alarms()).isEmpty();

    long damaged = cluster.server(2).memberId();
    cluster.stopMember(2);
    damage("n3", "precious");
    cluster.startMember(2);

    await().atMost(PATIENCE).until(() -> !alarms().isEmpty());
    assertThat(alarms())
        .containsExactly(
            AlarmMember.newBuilder().setMemberID(damaged).setAlarm(AlarmType.CORRUPT).build());
    assertThatThrownBy(() -> put("k", "v"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("etcdserver: corrupt cluster");
  }

  @Test
  void memberThatHasSomethingElseDoesNotEvenServe() {
    start("0", true);
    put("precious", "value");
    cluster.stopMember(1);
    damage("n2", "precious");

    assertThatThrownBy(() -> cluster.startMember(1))
        .hasStackTraceContaining("n2 does not serve: its data are not what the others have");

    // One that has what most have serves, though there is one that has not.
    cluster.stopMember(0);
    channel.shutdownNow();
    cluster.startMember(0);
    channel = channelTo(0);
    assertThat(put("precious", "still")).isPositive();
    assertThat(alarms()).isEmpty();
  }
}
