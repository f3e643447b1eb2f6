package dev.jangada.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.SnapshotRequest;
import dev.jangada.etcd.api.etcdserverpb.SnapshotResponse;
import dev.jangada.kv.backup.DamagedBackupException;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.server.embedded.FreePorts;
import dev.jangada.storage.FileDisk;
import dev.jangada.storage.SnapshotStore;
import dev.jangada.storage.SnapshotWriter;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done to data directories and backups while no server has them. */
class OfflineTest {

  private static final int KEYS = 300;

  @TempDir private Path directory;

  private static URI url(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  private List<ServerConfig> configs(String token, int members) throws IOException {
    List<Integer> ports = FreePorts.find(2 * members);
    Map<String, List<URI>> peers = new LinkedHashMap<>();
    for (int i = 0; i < members; i++) {
      peers.put("n" + i, List.of(url(ports.get(members + i))));
    }
    List<ServerConfig> configs = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      configs.add(
          ServerConfig.builder()
              .name("n" + i)
              .dataDirectory(directory.resolve(token + i))
              .listenClientUrls(List.of(url(ports.get(i))))
              .listenPeerUrls(List.of(url(ports.get(members + i))))
              .initialCluster(peers)
              .initialClusterToken(token)
              .heartbeatInterval(Duration.ofMillis(50))
              .electionTimeout(Duration.ofMillis(500))
              .logSegmentBytes(1 << 20)
              .build());
    }
    return configs;
  }

  private static <T> T ask(ServerConfig member, Function<ManagedChannel, T> request) {
    URI endpoint = member.listenClientUrls().get(0);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
            .usePlaintext()
            .build();
    try {
      return request.apply(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  private static KVGrpc.KVBlockingStub kv(ManagedChannel channel) {
    return KVGrpc.newBlockingStub(channel)
        .withWaitForReady()
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  /** Writes keys with values that do not compress, and returns the revision. */
  private static long fill(ServerConfig member) {
    byte[] value = new byte[2_000];
    Random random = new Random(5);
    return ask(
        member,
        channel -> {
          long revision = 0;
          for (int i = 0; i < KEYS; i++) {
            random.nextBytes(value);
            revision =
                kv(channel)
                    .put(
                        PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("k" + i))
                            .setValue(ByteString.copyFrom(value))
                            .build())
                    .getHeader()
                    .getRevision();
          }
          return revision;
        });
  }

  private static int hash(ServerConfig member) {
    return ask(
        member,
        channel -> {
          // Answered once the member has all that was acknowledged.
          assertThat(
                  kv(channel)
                      .range(
                          RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k0")).build())
                      .getCount())
              .isEqualTo(1);
          return MaintenanceGrpc.newBlockingStub(channel)
              .hashKV(HashKVRequest.getDefaultInstance())
              .getHash();
        });
  }

  private Path backup(ServerConfig member) throws IOException {
    Path file = directory.resolve("backup");
    ask(
        member,
        channel -> {
          Iterator<SnapshotResponse> pieces =
              MaintenanceGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(60, TimeUnit.SECONDS)
                  .snapshot(SnapshotRequest.getDefaultInstance());
          long remaining = Long.MAX_VALUE;
          try (OutputStream out = Files.newOutputStream(file)) {
            while (pieces.hasNext()) {
              SnapshotResponse piece = pieces.next();
              assertThat(piece.getRemainingBytes()).isLessThanOrEqualTo(remaining);
              remaining = piece.getRemainingBytes();
              piece.getBlob().writeTo(out);
            }
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          assertThat(remaining).isZero();
          return remaining;
        });
    return file;
  }

  @Test
  void backupOfAMemberBecomesANewClusterWithTheSameKeys() throws Exception {
    ServerConfig old = configs("old", 1).get(0);
    long revision;
    int hash;
    Path backup;
    try (JangadaServer server = JangadaServer.start(old)) {
      TestCluster.awaitReady(server);
      revision = fill(old);
      backup = backup(old);
      hash = hash(old);
    }
    assertThat(BackupRestore.verify(backup)).contains("revision " + revision);

    List<ServerConfig> configs = configs("restored", 3);
    List<JangadaServer> servers = new ArrayList<>();
    try {
      for (ServerConfig config : configs) {
        assertThat(BackupRestore.restore(backup, config)).contains("revision " + revision);
        servers.add(JangadaServer.start(config));
      }
      for (ServerConfig config : configs) {
        assertThat(hash(config)).isEqualTo(hash);
      }
      // They go on as one cluster, with the next revision.
      PutRequest put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("new")).build();
      assertThat(ask(configs.get(1), channel -> kv(channel).put(put)).getHeader().getRevision())
          .isEqualTo(revision + 1);
    } finally {
      servers.forEach(JangadaServer::close);
    }
    assertThatThrownBy(() -> BackupRestore.restore(backup, configs.get(0)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("not empty");
  }

  @Test
  void damagedBackupIsRefusedAndLeavesNoDirectory() throws Exception {
    ServerConfig old = configs("old", 1).get(0);
    Path backup;
    try (JangadaServer server = JangadaServer.start(old)) {
      TestCluster.awaitReady(server);
      fill(old);
      backup = backup(old);
    }
    flip(backup, 100_000);
    ServerConfig config = configs("restored", 1).get(0);

    assertThatThrownBy(() -> BackupRestore.restore(backup, config))
        .isInstanceOf(DamagedBackupException.class)
        .hasMessageContaining(backup + ": offset ");
    assertThat(config.dataDirectory()).doesNotExist();
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()).toList())
          .containsExactlyInAnyOrder("backup", "old0");
    }
  }

  @Test
  void checkDescribesADirectoryAndNamesEachFlippedBit() throws Exception {
    ServerConfig config = configs("checked", 1).get(0);
    long revision;
    try (JangadaServer server = JangadaServer.start(config)) {
      TestCluster.awaitReady(server);
      revision = fill(config);
      assertThatThrownBy(() -> DataCheck.of(config.dataDirectory()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use");
    }
    DataCheck whole = DataCheck.of(config.dataDirectory());
    assertThat(whole.damage()).isEmpty();
    assertThat(whole.facts()).anyMatch(fact -> fact.contains("revision " + revision));

    Path member = config.dataDirectory().resolve("member");
    Path log = only(member.resolve("wal"), ".wal");
    Path table = only(member.resolve("kv"), ".sst");
    Path snapshot = writeSnapshot(member.resolve("wal"));
    flip(log, 300_000);
    flip(table, 20_000);
    flip(snapshot, 30_000);

    DataCheck damaged = DataCheck.of(config.dataDirectory());
    assertThat(damaged.damage()).hasSize(3);
    Path[] files = {log, snapshot, table};
    for (int i = 0; i < files.length; i++) {
      assertThat(damaged.damage().get(i))
          .contains(files[i].toString())
          .containsPattern("offset \\d+");
    }

    flip(snapshot, 30_000);
    assertThat(DataCheck.of(config.dataDirectory()).damage()).hasSize(2);
    Files.delete(snapshot);

    flip(log, 300_000);
    flip(table, 20_000);
    assertThat(DataCheck.of(config.dataDirectory())).isEqualTo(whole);
  }

  /** As one that was received from another member. */
  private static Path writeSnapshot(Path log) throws IOException {
    return writeSnapshot(log, new EntryId(2, 1));
  }

  private static Path writeSnapshot(Path log, EntryId last) throws IOException {
    Set<Path> before = list(log);
    byte[] contents = new byte[100_000];
    new Random(6).nextBytes(contents);
    try (FileDisk disk = FileDisk.open(log);
        SnapshotStore snapshots = SnapshotStore.open(disk);
        SnapshotWriter writer = snapshots.create(new SnapshotMetadata(last, Membership.NONE))) {
      writer.append(contents);
      writer.commit();
    }
    Set<Path> added = list(log);
    added.removeAll(before);
    assertThat(added).hasSize(1);
    return added.iterator().next();
  }

  private static Set<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.collect(Collectors.toCollection(HashSet::new));
    }
  }

  @Test
  void checkFindsAStoreThatDoesNotGoWithTheLog() throws Exception {
    List<ServerConfig> configs = configs("mixed", 1);
    ServerConfig config = configs.get(0);
    try (JangadaServer server = JangadaServer.start(config)) {
      TestCluster.awaitReady(server);
      fill(config);
    }
    ServerConfig other = configs("other", 1).get(0);
    try (JangadaServer server = JangadaServer.start(other)) {
      TestCluster.awaitReady(server);
    }
    Path otherLog = other.dataDirectory().resolve("member/wal");
    Path log = config.dataDirectory().resolve("member/wal");
    Files.delete(only(log, ".wal"));
    Files.copy(only(otherLog, ".wal"), log.resolve(only(otherLog, ".wal").getFileName()));

    assertThat(DataCheck.of(config.dataDirectory()).damage())
        .singleElement()
        .asString()
        .contains("do not belong together");
    assertThatThrownBy(() -> DataCheck.of(directory.resolve("nowhere")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds no member's data");
  }

  @Test
  void checkFindsNoFaultInWhatACrashLeavesOfAnInstallation() throws Exception {
    ServerConfig config = configs("crashed", 1).get(0);
    try (JangadaServer server = JangadaServer.start(config)) {
      TestCluster.awaitReady(server);
      fill(config);
    }
    DataCheck whole = DataCheck.of(config.dataDirectory());
    Path member = config.dataDirectory().resolve("member");
    Path wal = member.resolve("wal");

    // It was decided that the store is replaced, and the old one has been deleted.
    Files.move(member.resolve("kv"), member.resolve("kv.restored"));
    assertThat(DataCheck.of(config.dataDirectory())).isEqualTo(whole);

    // The store is the new one, and the log has yet to begin anew.
    try (Stream<Path> files = Files.list(wal)) {
      for (Path file : files.filter(file -> file.toString().endsWith(".wal")).toList()) {
        Files.delete(file);
      }
    }
    ServerConfig other = configs("other", 1).get(0);
    try (JangadaServer server = JangadaServer.start(other)) {
      TestCluster.awaitReady(server);
    }
    Path shorter = only(other.dataDirectory().resolve("member/wal"), ".wal");
    Files.copy(shorter, wal.resolve(shorter.getFileName()));
    assertThat(DataCheck.of(config.dataDirectory()).damage())
        .singleElement()
        .asString()
        .contains("do not belong together");
    long applied =
        whole.facts().stream()
            .filter(fact -> fact.startsWith("store of revision"))
            .mapToLong(fact -> Long.parseLong(fact.substring(fact.lastIndexOf(' ') + 1)))
            .sum();
    writeSnapshot(wal, new EntryId(applied, 1));
    assertThat(DataCheck.of(config.dataDirectory()).damage()).isEmpty();
  }

  private static Path only(Path directory, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(suffix)).findFirst().orElseThrow();
    }
  }

  private static void flip(Path file, int offset) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[offset] ^= 1;
    Files.write(file, Arrays.copyOf(bytes, bytes.length));
  }
}
