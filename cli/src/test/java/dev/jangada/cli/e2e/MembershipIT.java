package dev.jangada.cli.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.jangada.cli.cluster.NodeClient;
import dev.jangada.cli.e2e.Acknowledgements.Write;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserListRequest;
import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVResponse;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberAddRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberPromoteRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberUpdateRequest;
import dev.jangada.etcd.api.etcdserverpb.MoveLeaderRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import dev.jangada.server.embedded.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that join a cluster and leave it. */
@Timeout(1200)
class MembershipIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int WRITERS = 4;

  /** Exit code of a member that was expelled. */
  private static final int EXPELLED = 3;

  @TempDir private Path directory;

  private final Map<String, Integer> clientPorts = new LinkedHashMap<>();
  private final Map<String, Integer> peerPorts = new LinkedHashMap<>();
  private final Map<String, Command> processes = new TreeMap<>();
  private final Map<String, NodeClient> clients = new LinkedHashMap<>();

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory
  MembershipIT() {}

  @BeforeEach
  void choosePorts() throws IOException {
    List<Integer> ports = FreePorts.find(12);
    for (int i = 0; i < 6; i++) {
      String name = "n" + (i + 1);
      clientPorts.put(name, ports.get(2 * i));
      peerPorts.put(name, ports.get(2 * i + 1));
      clients.put(name, new NodeClient("127.0.0.1:" + ports.get(2 * i)));
    }
  }

  @AfterEach
  void stopAll() {
    clients.values().forEach(NodeClient::close);
    processes.values().forEach(Command::close);
  }

  @Test
  void replacingAllMembersOneByOneUnderLoadLosesNothing() throws Exception {
    startNew("n1", "n2", "n3");
    Acknowledgements acknowledged = new Acknowledgements();
    AtomicBoolean stop = new AtomicBoolean();
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int writer = i;
      writers.add(Thread.ofPlatform().start(() -> write(writer, acknowledged, stop)));
    }
    List<String> running = new ArrayList<>(List.of("n1", "n2", "n3"));
    for (int i = 1; i <= 3; i++) {
      String old = "n" + i;
      String next = "n" + (i + 3);
      acknowledged.awaitMore(100, PATIENCE);
      add(running.get(0), next, false);
      join(next, running);
      running.add(next);
      awaitServing(next);
      long oldId = idOf(next, old);
      cluster(next).memberRemove(MemberRemoveRequest.newBuilder().setID(oldId).build());
      running.remove(old);
      assertThat(process(old).awaitEnd(PATIENCE)).as(process(old).output()).isEqualTo(EXPELLED);
      assertThat(process(old).output()).contains("was removed from the cluster");
      acknowledged.awaitMore(100, PATIENCE);
    }
    stop.set(true);
    for (Thread writer : writers) {
      writer.join();
    }

    assertThat(members("n4")).extracting(Member::getName).containsExactly("n4", "n5", "n6");
    assertNothingIsLost(acknowledged.all(), running);
    // Nobody is left of those that n1 knows but those who know that it was removed.
    start("n1", "new", List.of("n1", "n2", "n3"));
    assertThat(process("n1").awaitEnd(PATIENCE)).isEqualTo(EXPELLED);
    assertThat(process("n1").output()).contains("add it as a new member", "empty data directory");
  }

  private void assertNothingIsLost(List<Write> writes, List<String> running) {
    assertThat(writes).extracting(Write::revision).doesNotHaveDuplicates();
    Map<String, Write> expected = new TreeMap<>();
    writes.forEach(write -> expected.put(write.key(), write));
    RangeResponse all =
        KVGrpc.newBlockingStub(channel(running.get(0)))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .range(
                RangeRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("k/"))
                    .setRangeEnd(ByteString.copyFromUtf8("k0"))
                    .build());
    Map<String, Write> found = new TreeMap<>();
    all.getKvsList()
        .forEach(kv ->
            found.put(
                kv.getKey().toStringUtf8(),
                new Write(
                    kv.getKey().toStringUtf8(),
                    kv.getValue().toStringUtf8(),
                    kv.getModRevision())));
    assertThat(found).containsAllEntriesOf(expected);
    long revision = all.getHeader().getRevision();
    for (String name : running) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> hash(name, revision).getHash() == hash(running.get(0), revision).getHash());
    }
  }

  private HashKVResponse hash(String name, long revision) {
    return MaintenanceGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .hashKV(HashKVRequest.newBuilder().setRevision(revision).build());
  }

  /** Puts one new key after the other, through whichever member takes it. */
  private void write(int writer, Acknowledgements acknowledged, AtomicBoolean stop) {
    List<String> names = List.copyOf(clients.keySet());
    int member = 0;
    for (int i = 0; !stop.get(); i++) {
      String key = "k/%d/%06d".formatted(writer, i);
      String value = "v" + i;
      try {
        long revision =
            KVGrpc.newBlockingStub(channel(names.get(member % names.size())))
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .put(
                    PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8(value))
                        .build())
                .getHeader()
                .getRevision();
        acknowledged.add(new Write(key, value, revision));
      } catch (StatusRuntimeException e) {
        // Perhaps written, perhaps not: nobody counts on it.
        member++;
      }
    }
  }

  @Test
  void learnerIsPromotedWhenItHasCaughtUpAndMayThenLead() throws Exception {
    startNew("n1");
    for (int i = 0; i < 50; i++) {
      put("n1", "k" + i);
    }

    Member added = add("n1", "n2", true);
    assertThat(added.getIsLearner()).isTrue();
    assertThat(added.getName()).isEmpty();
    assertRefused(
        () -> promote("n1", added.getID()),
        "FAILED_PRECONDITION: etcdserver: can only promote a learner member which is in sync with"
            + " leader");
    assertRefused(
        () -> add("n1", "n3", true),
        "FAILED_PRECONDITION: etcdserver: too many learner members in cluster");
    assertRefused(
        () -> add("n1", "n2", false), "FAILED_PRECONDITION: etcdserver: Peer URLs already exists");
    join("n2", List.of("n1"));
    awaitServing("n2");
    assertThat(status("n2").getIsLearner()).isTrue();
    assertThat(status("n2").getHeader().getMemberId()).isEqualTo(added.getID());
    assertRefused(
        () -> moveLeader("n1", added.getID()),
        "FAILED_PRECONDITION: etcdserver: bad leader transferee");
    await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> promote("n2", added.getID()));
    assertRefused(
        () -> promote("n1", added.getID()),
        "FAILED_PRECONDITION: etcdserver: can only promote a learner member");
    assertThat(status("n2").getIsLearner()).isFalse();
    moveLeader("n1", added.getID());
    put("n2", "led by the new one");

    assertThat(members("n1")).extracting(Member::getIsLearner).containsExactly(false, false);
    assertThat(status("n1").getLeader()).isEqualTo(added.getID());
    // It comes back under the id that it was given, whatever its flags say.
    process("n2").close();
    join("n2", List.of("n1"));
    awaitServing("n2");
    assertThat(status("n2").getHeader().getMemberId()).isEqualTo(added.getID());
  }

  @Test
  void memberThatLostItsDataIsRefusedUntilItIsAddedAnew() throws Exception {
    startNew("n1", "n2", "n3");
    put("n1", "before");
    var unused = process("n1").awaitLine("the logs of 3 of them are known", PATIENCE);
    long lost = idOf("n1", "n3");
    process("n3").close();
    deleteData("n3");

    start("n3", "new", List.of("n1", "n2", "n3"));
    assertThat(process("n3").awaitEnd(PATIENCE)).as(process("n3").output()).isEqualTo(EXPELLED);
    assertThat(process("n3").output()).contains("it has lost its data", "Remove the member");
    deleteData("n3");
    start("n3", "existing", List.of("n1", "n2", "n3"));
    assertThat(process("n3").awaitEnd(PATIENCE)).isNotZero();
    assertThat(process("n3").output()).contains("member remove " + Long.toHexString(lost));

    cluster("n1").memberRemove(MemberRemoveRequest.newBuilder().setID(lost).build());
    assertRefused(
        () -> cluster("n1").memberRemove(MemberRemoveRequest.newBuilder().setID(lost).build()),
        "NOT_FOUND: etcdserver: member not found");
    Member anew = add("n2", "n3", false);
    assertThat(anew.getID()).isNotEqualTo(lost);
    join("n3", List.of("n1", "n2"));
    awaitServing("n3");
    put("n3", "after");
    assertThat(members("n3")).extracting(Member::getName).containsExactly("n1", "n2", "n3");
  }

  @Test
  void lastMemberIsForcedToGoOnAloneAndLosesNothingThatItHad() throws Exception {
    startNew("n1", "n2", "n3");
    long lease = grantLease("n1");
    addUser("n1", "alice");
    Acknowledgements acknowledged = new Acknowledgements();
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer = Thread.ofPlatform().start(() -> write(0, acknowledged, stop));
    acknowledged.awaitMore(300, PATIENCE);
    long applied = status("n1").getHeader().getRevision();
    for (String name : List.of("n1", "n2", "n3")) {
      kill(name);
    }
    stop.set(true);
    writer.join();
    deleteData("n2");
    List<Write> had =
        acknowledged.all().stream().filter(write -> write.revision() <= applied).toList();
    assertThat(had).hasSizeGreaterThanOrEqualTo(200);

    forceNewCluster("n1", List.of("n1", "n2", "n3"));
    awaitServing("n1");
    process("n1").awaitLine("IS THE ONLY MEMBER OF ITS CLUSTER FROM NOW ON", PATIENCE);
    assertThat(members("n1")).extracting(Member::getName).containsExactly("n1");
    assertNothingIsLost(had, List.of("n1"));
    assertThat(ttl("n1", lease)).isPositive();
    assertThat(users("n1")).containsExactly("alice");
    put("n1", "alone");
    assertThat(status("n1").getHeader().getRevision()).isGreaterThan(applied);

    // Whoever comes back is told why it cannot, with its data and without.
    start("n3", "new", List.of("n1", "n2", "n3"));
    start("n2", "new", List.of("n1", "n2", "n3"));
    for (String name : List.of("n2", "n3")) {
      assertThat(process(name).awaitEnd(PATIENCE)).as(process(name).output()).isEqualTo(EXPELLED);
      assertThat(process(name).output())
          .contains("was removed from the cluster", "empty data directory");
    }
    // The flag that was left where it was does no harm.
    kill("n1");
    forceNewCluster("n1", List.of("n1", "n2", "n3"));
    awaitServing("n1");
    process("n1").awaitLine("decides alone already", PATIENCE);
    add("n1", "n4", false);
    join("n4", List.of("n1"));
    awaitServing("n4");
    await().atMost(PATIENCE).until(() -> process("n1").output().contains("Connected to"));
    assertNothingIsLost(had, List.of("n1", "n4"));
    kill("n1");
    forceNewCluster("n1", List.of("n1", "n2", "n3"));
    assertThat(process("n1").awaitEnd(PATIENCE)).isEqualTo(2);
    assertThat(process("n1").output()).contains("--force-new-cluster: member", "still runs");
    start("n1", "new", List.of("n1", "n2", "n3"));
    awaitServing("n1");
    assertThat(members("n1")).extracting(Member::getName).containsExactly("n1", "n4");
  }

  @Test
  void newClusterIsNotForcedWithoutData() throws Exception {
    forceNewCluster("n1", List.of("n1", "n2", "n3"));

    assertThat(process("n1").awaitEnd(PATIENCE)).isEqualTo(2);
    assertThat(process("n1").output())
        .contains("--force-new-cluster: there are no data of a member in " + directory);
    assertThat(directory.resolve("n1")).doesNotExist();
  }

  @Test
  void addressesAreCheckedAndChanged() throws Exception {
    startNew("n1", "n2", "n3");
    long id = idOf("n1", "n3");

    assertRefused(() -> update("n1", 4711, url("n6")), "NOT_FOUND: etcdserver: member not found");
    assertRefused(
        () -> update("n1", id, url("n1")),
        "FAILED_PRECONDITION: etcdserver: Peer URLs already exists");
    for (String wrong : List.of("nonsense", "https://127.0.0.1:1", "http://127.0.0.1", "")) {
      assertRefused(
          () -> update("n1", id, wrong),
          "INVALID_ARGUMENT: etcdserver: given member URLs are invalid");
    }
    process("n3").close();
    update("n2", id, url("n6"));
    peerPorts.put("n3", Objects.requireNonNull(peerPorts.get("n6")));
    // Its log knows its id; where it listens is all that its flags have to say.
    start("n3", "existing", List.of("n1", "n2", "n3"));
    awaitServing("n3");
    put("n3", "from elsewhere");

    assertThat(members("n1").get(2).getPeerURLsList()).containsExactly(url("n6"));
  }

  @Test
  void etcdctlAddsPromotesListsUpdatesAndRemoves() throws Exception {
    assumeTrue(isInstalled(), "etcdctl is not installed (Debian: apt-get install etcd-client)");
    startNew("n1");

    String added = etcdctl("member", "add", "n2", "--learner", "--peer-urls=" + url("n2"));
    Matcher id = Pattern.compile("Member +([0-9a-f]+) added to cluster").matcher(added);
    assertThat(id.find()).as(added).isTrue();
    assertThat(added)
        .contains("ETCD_INITIAL_CLUSTER=\"", "n2=" + url("n2"), "n1=" + url("n1"))
        .contains("ETCD_INITIAL_CLUSTER_STATE=\"existing\"");
    assertThat(etcdctl("member", "list"))
        .contains(id.group(1) + ", unstarted, , " + url("n2") + ", , true");
    join("n2", List.of("n1"));
    awaitServing("n2");
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() ->
            assertThat(etcdctl("member", "promote", id.group(1)))
                .contains(id.group(1) + " promoted in cluster"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(etcdctl("member", "list"))
                .contains(id.group(1) + ", started, n2, " + url("n2"), ", false"));
    assertThat(etcdctl("member", "update", id.group(1), "--peer-urls=" + url("n6")))
        .contains("updated in cluster");
    assertThat(etcdctl("member", "list")).contains(url("n6"));
    etcdctl("member", "update", id.group(1), "--peer-urls=" + url("n2"));
    assertThat(etcdctl("member", "remove", id.group(1))).contains("removed from cluster");
    assertThat(etcdctl("member", "list").lines()).hasSize(1);
    assertThat(process("n2").awaitEnd(PATIENCE)).isEqualTo(EXPELLED);
  }

  private static boolean isInstalled() throws InterruptedException {
    try {
      return new ProcessBuilder("etcdctl", "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** What etcdctl, asking n1, prints to either stream. */
  private String etcdctl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("etcdctl"));
    command.add("--endpoints=127.0.0.1:" + clientPorts.get("n1"));
    command.addAll(List.of("--command-timeout=60s", "--dial-timeout=60s"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @Test
  void whoWasNotAddedDoesNotJoin() throws Exception {
    startNew("n1");

    join("n2", List.of("n1"));

    assertThat(process("n2").awaitEnd(PATIENCE)).isNotZero();
    assertThat(process("n2").output())
        .contains("the cluster has no member with the peer URL " + url("n2"), "member add n2");
    assertThat(directory.resolve("n2")).doesNotExist();
  }

  // ---------------------------------------------------------------------------------------------

  private void startNew(String... names) throws Exception {
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
        .until(() -> members(names[0]).stream().noneMatch(member -> member.getName().isEmpty()));
  }

  private void join(String name, List<String> others) throws IOException {
    start(name, "existing", Stream.concat(others.stream(), Stream.of(name)).distinct().toList());
  }

  /** Kills a process as a crash would. */
  private void kill(String name) throws Exception {
    ProcessHandle.of(process(name).pid()).orElseThrow().destroyForcibly();
    assertThat(process(name).awaitEnd(PATIENCE)).isNotZero();
  }

  private void forceNewCluster(String name, List<String> cluster) throws IOException {
    start(name, "new", cluster, "--force-new-cluster");
  }

  private void start(String name, String state, List<String> cluster, String... more)
      throws IOException {
    String client = "http://127.0.0.1:" + clientPorts.get(name);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "server",
                "--name=" + name,
                "--data-dir=" + directory.resolve(name),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + url(name),
                "--initial-cluster="
                    + String.join(
                        ",", cluster.stream().map(other -> other + "=" + url(other)).toList()),
                "--initial-cluster-state=" + state));
    arguments.addAll(List.of(more));
    processes.put(name, new Command(arguments.toArray(String[]::new)));
  }

  private String url(String name) {
    return "http://127.0.0.1:" + peerPorts.get(name);
  }

  private Command process(String name) {
    return Objects.requireNonNull(processes.get(name), name);
  }

  private void deleteData(String name) throws IOException {
    try (Stream<Path> paths = Files.walk(directory.resolve(name))) {
      for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }

  private NodeClient client(String name) {
    return Objects.requireNonNull(clients.get(name), name);
  }

  private ManagedChannel channel(String name) {
    return client(name).channel();
  }

  private void awaitServing(String name) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(client(name).serves(Duration.ofSeconds(2)))
                .as(() -> process(name).output())
                .isTrue());
  }

  private ClusterGrpc.ClusterBlockingStub cluster(String name) {
    return ClusterGrpc.newBlockingStub(channel(name)).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private List<Member> members(String name) {
    return cluster(name)
        .memberList(MemberListRequest.newBuilder().setLinearizable(true).build())
        .getMembersList();
  }

  private long idOf(String asked, String name) {
    return members(asked).stream()
        .filter(member -> member.getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getID();
  }

  private Member add(String asked, String name, boolean learner) {
    return cluster(asked)
        .memberAdd(
            MemberAddRequest.newBuilder().addPeerURLs(url(name)).setIsLearner(learner).build())
        .getMember();
  }

  private void promote(String asked, long id) {
    var unused = cluster(asked).memberPromote(MemberPromoteRequest.newBuilder().setID(id).build());
  }

  private void update(String asked, long id, String peerUrl) {
    var unused =
        cluster(asked)
            .memberUpdate(MemberUpdateRequest.newBuilder().setID(id).addPeerURLs(peerUrl).build());
  }

  private void moveLeader(String asked, long id) {
    var unused =
        MaintenanceGrpc.newBlockingStub(channel(asked))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .moveLeader(MoveLeaderRequest.newBuilder().setTargetID(id).build());
  }

  private StatusResponse status(String name) {
    return MaintenanceGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  private void put(String name, String key) {
    var unused =
        KVGrpc.newBlockingStub(channel(name))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build());
  }

  private long grantLease(String name) {
    return LeaseGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(3600).build())
        .getID();
  }

  private long ttl(String name, long lease) {
    return LeaseGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
        .getTTL();
  }

  private void addUser(String name, String user) {
    var unused =
        AuthGrpc.newBlockingStub(channel(name))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .userAdd(AuthUserAddRequest.newBuilder().setName(user).setPassword("secret").build());
  }

  private List<String> users(String name) {
    return AuthGrpc.newBlockingStub(channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .userList(AuthUserListRequest.getDefaultInstance())
        .getUsersList();
  }

  private interface Attempt {
    void run() throws Exception;
  }

  private static void assertRefused(Attempt attempt, String message) {
    assertThatThrownBy(attempt::run).isInstanceOf(StatusRuntimeException.class).hasMessage(message);
  }
}
