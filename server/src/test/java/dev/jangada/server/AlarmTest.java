package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.AlarmMember;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest.AlarmAction;
import dev.jangada.etcd.api.etcdserverpb.AlarmType;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.DefragmentRequest;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.v3lockpb.LockGrpc;
import dev.jangada.etcd.api.v3lockpb.LockRequest;
import dev.jangada.server.embedded.EmbeddedCluster;
import dev.jangada.server.http.RawHttp;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Alarms as clients meet them, and the quota that raises one. */
@Timeout(300)
class AlarmTest {

  private static final long QUOTA = 1 << 20;
  private static final int VALUE_BYTES = 100_000;

  private static final ByteString ALL = ByteString.copyFrom(new byte[1]);

  private final EmbeddedCluster cluster =
      EmbeddedCluster.builder()
          .members(3)
          .settings(
              settings -> settings.quotaBackendBytes(QUOTA).electionTimeout(Duration.ofSeconds(2)))
          .start();
  private final List<ManagedChannel> channels =
      cluster.endpoints().stream().map(AlarmTest::channel).toList();

  @AfterEach
  void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    cluster.close();
  }

  private static ManagedChannel channel(URI endpoint) {
    return NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
        .usePlaintext()
        .build();
  }

  private KVGrpc.KVBlockingStub kv(int member) {
    return KVGrpc.newBlockingStub(channels.get(member)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private MaintenanceGrpc.MaintenanceBlockingStub maintenance(int member) {
    return MaintenanceGrpc.newBlockingStub(channels.get(member))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static PutRequest put(String key, int bytes) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setValue(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private static TxnRequest txn(PutRequest put) {
    return TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestPut(put)).build();
  }

  private List<AlarmMember> alarms(int member) {
    return maintenance(member).alarm(AlarmRequest.getDefaultInstance()).getAlarmsList();
  }

  private List<AlarmMember> change(AlarmAction action, long member, AlarmType type) {
    return maintenance(0)
        .alarm(
            AlarmRequest.newBuilder().setAction(action).setMemberID(member).setAlarm(type).build())
        .getAlarmsList();
  }

  private static AlarmMember alarm(long member, AlarmType type) {
    return AlarmMember.newBuilder().setMemberID(member).setAlarm(type).build();
  }

  private static void assertNoSpace(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded");
  }

  /** Writes through one member until it is refused. */
  private void fill(int member) {
    assertNoSpace(() -> {
      for (int i = 0; i < 2 * QUOTA / VALUE_BYTES; i++) {
        var unused = kv(member).put(put("k" + i, VALUE_BYTES));
      }
    });
  }

  private String health(int member, String query) throws IOException {
    try (RawHttp http = new RawHttp(cluster.endpoints().get(member).getPort())) {
      return http.get("/health" + query).answer().body();
    }
  }

  @Test
  void fullMemberRaisesAnAlarmThatStopsGrowthEverywhereUntilItIsEnded() throws IOException {
    fill(1);

    // It is raised before the client hears of it.
    AlarmMember alarm = alarm(cluster.server(1).memberId(), AlarmType.NOSPACE);
    assertThat(alarms(1)).contains(alarm);
    // Too large for nobody but for the alarm.
    assertNoSpace(() -> kv(0).put(put("small", 1)));
    assertNoSpace(() -> kv(2).txn(txn(put("small", 1))));
    assertNoSpace(() ->
        LeaseGrpc.newBlockingStub(channels.get(2))
            .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()));
    assertNoSpace(() ->
        LockGrpc.newBlockingStub(channels.get(2))
            .lock(LockRequest.newBuilder().setName(ByteString.copyFromUtf8("lock")).build()));
    assertThat(maintenance(2).status(StatusRequest.getDefaultInstance()).getErrorsList())
        .contains(
            "memberID:%s alarm:NOSPACE ".formatted(Long.toUnsignedString(alarm.getMemberID())));
    assertThat(health(0, "")).isEqualTo("{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}");
    assertThat(health(0, "?exclude=NOSPACE")).isEqualTo("{\"health\":\"true\",\"reason\":\"\"}");

    // What is there can be read and given up.
    assertThat(
            kv(0).range(RangeRequest.newBuilder().setKey(ALL).setRangeEnd(ALL).build()).getCount())
        .isPositive();
    long revision =
        kv(2)
            .deleteRange(DeleteRangeRequest.newBuilder().setKey(ALL).setRangeEnd(ALL).build())
            .getHeader()
            .getRevision();
    var compacted =
        kv(0)
            .compact(
                CompactionRequest.newBuilder().setRevision(revision).setPhysical(true).build());
    assertThat(compacted.hasHeader()).isTrue();
    for (int member = 0; member < 3; member++) {
      var unused = maintenance(member).defragment(DefragmentRequest.getDefaultInstance());
      awaitSmall(member);
    }

    for (AlarmMember standing : alarms(0)) {
      assertThat(change(AlarmAction.DEACTIVATE, standing.getMemberID(), standing.getAlarm()))
          .containsExactly(standing);
    }
    assertThat(alarms(2)).isEmpty();
    assertThat(kv(1).put(put("again", 1)).hasHeader()).isTrue();
    assertThat(maintenance(1).status(StatusRequest.getDefaultInstance()).getErrorsList()).isEmpty();
  }

  /** Versions are removed with the entries that follow a compaction on each member. */
  private void awaitSmall(int member) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> maintenance(member).status(StatusRequest.getDefaultInstance()).getDbSize(),
            size -> size < QUOTA / 2);
  }

  @Test
  void alarmComesBackWhileTheStoreIsStillTooLarge() {
    fill(0);
    for (AlarmMember standing : alarms(0)) {
      change(AlarmAction.DEACTIVATE, standing.getMemberID(), standing.getAlarm());
    }

    assertNoSpace(() -> kv(0).put(put("large", VALUE_BYTES)));

    assertThat(alarms(0)).contains(alarm(cluster.server(0).memberId(), AlarmType.NOSPACE));
  }

  @Test
  void alarmsAreChangedByClientsAsInEtcd() {
    assertThat(change(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE))
        .containsExactly(alarm(5, AlarmType.NOSPACE));
    assertThat(change(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE))
        .containsExactly(alarm(5, AlarmType.NOSPACE));
    assertThat(change(AlarmAction.ACTIVATE, 5, AlarmType.NONE)).isEmpty();
    assertThat(change(AlarmAction.ACTIVATE, 0, AlarmType.CORRUPT))
        .containsExactly(alarm(0, AlarmType.CORRUPT));

    assertThat(alarms(1)).containsExactly(alarm(5, AlarmType.NOSPACE), alarm(0, AlarmType.CORRUPT));
    assertThat(
            maintenance(1)
                .alarm(AlarmRequest.newBuilder().setAlarm(AlarmType.CORRUPT).build())
                .getAlarmsList())
        .containsExactly(alarm(0, AlarmType.CORRUPT));
    assertThatThrownBy(() -> kv(2).deleteRange(DeleteRangeRequest.newBuilder().setKey(ALL).build()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("DATA_LOSS: etcdserver: corrupt cluster");

    assertThat(change(AlarmAction.DEACTIVATE, 5, AlarmType.CORRUPT)).isEmpty();
    assertThat(change(AlarmAction.DEACTIVATE, 0, AlarmType.CORRUPT))
        .containsExactly(alarm(0, AlarmType.CORRUPT));
    assertThat(change(AlarmAction.DEACTIVATE, 5, AlarmType.NOSPACE))
        .containsExactly(alarm(5, AlarmType.NOSPACE));
    assertThat(alarms(2)).isEmpty();
  }

  @Test
  void defragmentAnswersOnAStoreOnDisk(@TempDir Path directory) {
    try (EmbeddedCluster onDisk = EmbeddedCluster.builder().dataDirectory(directory).start()) {
      ManagedChannel channel = channel(onDisk.endpoints().get(0));
      var answer =
          MaintenanceGrpc.newBlockingStub(channel)
              .defragment(DefragmentRequest.getDefaultInstance());
      channel.shutdownNow();

      assertThat(answer.getHeader().getMemberId()).isEqualTo(onDisk.server(0).memberId());
    }
  }
}
