package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of streams when the leader is lost. */
class LeaderRequiringStreamsTest {

  private static final Metadata.Key<String> HAS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  private static <S extends io.grpc.stub.AbstractStub<S>> S wantingLeader(S stub) {
    Metadata metadata = new Metadata();
    metadata.put(HAS_LEADER, "true");
    return stub.withWaitForReady()
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  @Test
  void streamsThatWantALeaderEndWithoutOneAndOthersDoNot(@TempDir Path directory) throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      Responses<WatchResponse> wants = new Responses<>();
      watch(wantingLeader(WatchGrpc.newStub(cluster.channel(0))), wants);
      Responses<WatchResponse> wantsNot = new Responses<>();
      watch(WatchGrpc.newStub(cluster.channel(0)).withWaitForReady(), wantsNot);
      Responses<LeaseKeepAliveResponse> keepAlive = new Responses<>();
      var unused = wantingLeader(LeaseGrpc.newStub(cluster.channel(0))).leaseKeepAlive(keepAlive);
      assertThat(wants.next().getCreated()).isTrue();
      assertThat(wantsNot.next().getCreated()).isTrue();

      cluster.stop(1);
      cluster.stop(2);

      for (Responses<?> ended : new Responses<?>[] {wants, keepAlive}) {
        Status status = ended.end.get(60, TimeUnit.SECONDS);
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).isEqualTo("etcdserver: no leader");
      }
      cluster.start(1);
      cluster.awaitServing(0);
      var put =
          cluster.kv(0).put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build());
      assertThat(wantsNot.next().getHeader().getRevision())
          .isEqualTo(put.getHeader().getRevision());
      assertThat(wantsNot.end).isNotDone();
      assertThat(wants.responses).isEmpty();
    }
  }

  /** An ordinary change of leader takes less than three election timeouts. */
  @Test
  void streamOutlivesAChangeOfLeader(@TempDir Path directory) throws Exception {
    try (TestCluster cluster = TestCluster.startSteady(directory, 3)) {
      int leader = cluster.leaderSeenBy(0);
      int other = (leader + 1) % 3;
      Responses<WatchResponse> watch = new Responses<>();
      watch(wantingLeader(WatchGrpc.newStub(cluster.channel(other))), watch);
      assertThat(watch.next().getCreated()).isTrue();

      var handOver =
          cluster
              .maintenance(leader)
              .moveLeader(
                  dev.jangada.etcd.api.etcdserverpb.MoveLeaderRequest.newBuilder()
                      .setTargetID(cluster.server((leader + 2) % 3).memberId())
                      .build());
      assertThat(handOver.hasHeader()).isTrue();
      var put =
          cluster
              .kv(other)
              .put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build());

      assertThat(watch.next().getHeader().getRevision()).isEqualTo(put.getHeader().getRevision());
      assertThat(watch.end).isNotDone();
    }
  }

  private static void watch(WatchGrpc.WatchStub stub, Responses<WatchResponse> observer) {
    stub.watch(observer)
        .onNext(
            WatchRequest.newBuilder()
                .setCreateRequest(
                    WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")))
                .build());
  }
}
