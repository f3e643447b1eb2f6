package dev.jangada.cli.e2e;

import static dev.jangada.cli.e2e.MemberProcesses.EXPELLED;
import static dev.jangada.cli.e2e.MemberProcesses.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.jangada.cli.e2e.Acknowledgements.Write;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserListRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVResponse;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberUpdateRequest;
import dev.jangada.etcd.api.etcdserverpb.MoveLeaderRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that join a cluster and leave it. */
@Timeout(1200)
class MembershipIT {

  private static final int WRITERS = 4;

  @TempDir private Path directory;

  private MemberProcesses members;

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory, and calls what sets the rest
  MembershipIT() {}

  @BeforeEach
  void choosePorts() throws IOException {
    members = MemberProcesses.inTheClear(directory, 6);
  }

  @AfterEach
  void stopAll() {
    members.close();
  }

  @Test
  void replacingAllMembersOneByOneUnderLoadLosesNothing() throws Exception {
    members.startNew("n1", "n2", "n3");
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
      members.add(running.get(0), next, false);
      members.join(next, running);
      running.add(next);
      members.awaitServing(next);
      long oldId = members.idOf(next, old);
      members.remove(next, oldId);
      running.remove(old);
      assertThat(members.process(old).awaitEnd(PATIENCE))
          .as(members.process(old).output())
          .isEqualTo(EXPELLED);
      assertThat(members.process(old).output()).contains("was removed from the cluster");
      acknowledged.awaitMore(100, PATIENCE);
    }
    stop.set(true);
    for (Thread writer : writers) {
      writer.join();
    }

    assertThat(members.list("n4")).extracting(Member::getName).containsExactly("n4", "n5", "n6");
    assertNothingIsLost(acknowledged.all(), running);
    // Nobody is left of those that n1 knows but those who know that it was removed.
    members.start("n1", "new", List.of("n1", "n2", "n3"));
    assertThat(members.process("n1").awaitEnd(PATIENCE)).isEqualTo(EXPELLED);
    assertThat(members.process("n1").output())
        .contains("add it as a new member", "empty data directory");
  }

  private void assertNothingIsLost(List<Write> writes, List<String> running) {
    assertThat(writes).extracting(Write::revision).doesNotHaveDuplicates();
    Map<String, Write> expected = new TreeMap<>();
    writes.forEach(write -> expected.put(write.key(), write));
    RangeResponse all =
        KVGrpc.newBlockingStub(members.channel(running.get(0)))
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
    return MaintenanceGrpc.newBlockingStub(members.channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .hashKV(HashKVRequest.newBuilder().setRevision(revision).build());
  }

  /** Puts one new key after the other, through whichever member takes it. */
  private void write(int writer, Acknowledgements acknowledged, AtomicBoolean stop) {
    List<String> names = members.names();
    int member = 0;
    for (int i = 0; !stop.get(); i++) {
      String key = "k/%d/%06d".formatted(writer, i);
      String value = "v" + i;
      try {
        long revision =
            KVGrpc.newBlockingStub(members.channel(names.get(member % names.size())))
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
    members.startNew("n1");
    for (int i = 0; i < 50; i++) {
      members.put("n1", "k" + i);
    }

    Member added = members.add("n1", "n2", true);
    assertThat(added.getIsLearner()).isTrue();
    assertThat(added.getName()).isEmpty();
    assertRefused(
        () -> members.promote("n1", added.getID()),
        "FAILED_PRECONDITION: etcdserver: can only promote a learner member which is in sync with"
            + " leader");
    assertRefused(
        () -> members.add("n1", "n3", true),
        "FAILED_PRECONDITION: etcdserver: too many learner members in cluster");
    assertRefused(
        () -> members.add("n1", "n2", false),
        "FAILED_PRECONDITION: etcdserver: Peer URLs already exists");
    members.join("n2", List.of("n1"));
    members.awaitServing("n2");
    assertThat(members.status("n2").getIsLearner()).isTrue();
    assertThat(members.status("n2").getHeader().getMemberId()).isEqualTo(added.getID());
    assertRefused(
        () -> moveLeader("n1", added.getID()),
        "FAILED_PRECONDITION: etcdserver: bad leader transferee");
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> members.promote("n2", added.getID()));
    assertRefused(
        () -> members.promote("n1", added.getID()),
        "FAILED_PRECONDITION: etcdserver: can only promote a learner member");
    assertThat(members.status("n2").getIsLearner()).isFalse();
    moveLeader("n1", added.getID());
    members.put("n2", "led by the new one");

    assertThat(members.list("n1")).extracting(Member::getIsLearner).containsExactly(false, false);
    assertThat(members.status("n1").getLeader()).isEqualTo(added.getID());
    // It comes back under the id that it was given, whatever its flags say.
    members.process("n2").close();
    members.join("n2", List.of("n1"));
    members.awaitServing("n2");
    assertThat(members.status("n2").getHeader().getMemberId()).isEqualTo(added.getID());
  }

  @Test
  void memberThatLostItsDataIsRefusedUntilItIsAddedAnew() throws Exception {
    members.startNew("n1", "n2", "n3");
    members.put("n1", "before");
    var unused = members.process("n1").awaitLine("the logs of 3 of them are known", PATIENCE);
    long lost = members.idOf("n1", "n3");
    members.process("n3").close();
    members.deleteData("n3");

    members.start("n3", "new", List.of("n1", "n2", "n3"));
    assertThat(members.process("n3").awaitEnd(PATIENCE))
        .as(members.process("n3").output())
        .isEqualTo(EXPELLED);
    assertThat(members.process("n3").output())
        .contains("it has lost its data", "Remove the member");
    members.deleteData("n3");
    members.start("n3", "existing", List.of("n1", "n2", "n3"));
    assertThat(members.process("n3").awaitEnd(PATIENCE)).isNotZero();
    assertThat(members.process("n3").output()).contains("member remove " + Long.toHexString(lost));

    members.remove("n1", lost);
    assertRefused(() -> members.remove("n1", lost), "NOT_FOUND: etcdserver: member not found");
    Member anew = members.add("n2", "n3", false);
    assertThat(anew.getID()).isNotEqualTo(lost);
    members.join("n3", List.of("n1", "n2"));
    members.awaitServing("n3");
    members.put("n3", "after");
    assertThat(members.list("n3")).extracting(Member::getName).containsExactly("n1", "n2", "n3");
  }

  @Test
  void lastMemberIsForcedToGoOnAloneAndLosesNothingThatItHad() throws Exception {
    members.startNew("n1", "n2", "n3");
    long lease = grantLease("n1");
    addUser("n1", "alice");
    Acknowledgements acknowledged = new Acknowledgements();
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer = Thread.ofPlatform().start(() -> write(0, acknowledged, stop));
    acknowledged.awaitMore(300, PATIENCE);
    long applied = members.status("n1").getHeader().getRevision();
    for (String name : List.of("n1", "n2", "n3")) {
      members.kill(name);
    }
    stop.set(true);
    writer.join();
    members.deleteData("n2");
    List<Write> had =
        acknowledged.all().stream().filter(write -> write.revision() <= applied).toList();
    assertThat(had).hasSizeGreaterThanOrEqualTo(200);

    forceNewCluster("n1", List.of("n1", "n2", "n3"));
    members.awaitServing("n1");
    members.process("n1").awaitLine("IS THE ONLY MEMBER OF ITS CLUSTER FROM NOW ON", PATIENCE);
    assertThat(members.list("n1")).extracting(Member::getName).containsExactly("n1");
    assertNothingIsLost(had, List.of("n1"));
    assertThat(ttl("n1", lease)).isPositive();
    assertThat(users("n1")).containsExactly("alice");
    members.put("n1", "alone");
    assertThat(members.status("n1").getHeader().getRevision()).isGreaterThan(applied);

    // Whoever comes back is told why it cannot, with its data and without.
    members.start("n3", "new", List.of("n1", "n2", "n3"));
    members.start("n2", "new", List.of("n1", "n2", "n3"));
    for (String name : List.of("n2", "n3")) {
      assertThat(members.process(name).awaitEnd(PATIENCE))
          .as(members.process(name).output())
          .isEqualTo(EXPELLED);
      assertThat(members.process(name).output())
          .contains("was removed from the cluster", "empty data directory");
    }
    // The flag that was left where it was does no harm.
    members.kill("n1");
    forceNewCluster("n1", List.of("n1", "n2", "n3"));
    members.awaitServing("n1");
    members.process("n1").awaitLine("decides alone already", PATIENCE);
    members.add("n1", "n4", false);
    members.join("n4", List.of("n1"));
    members.awaitServing("n4");
    await().atMost(PATIENCE).until(() -> members.process("n1").output().contains("Connected to"));
    assertNothingIsLost(had, List.of("n1", "n4"));
    members.kill("n1");
    forceNewCluster("n1", List.of("n1", "n2", "n3"));
    assertThat(members.process("n1").awaitEnd(PATIENCE)).isEqualTo(2);
    assertThat(members.process("n1").output())
        .contains("--force-new-cluster: member", "still runs");
    members.start("n1", "new", List.of("n1", "n2", "n3"));
    members.awaitServing("n1");
    assertThat(members.list("n1")).extracting(Member::getName).containsExactly("n1", "n4");
  }

  @Test
  void newClusterIsNotForcedWithoutData() throws Exception {
    forceNewCluster("n1", List.of("n1", "n2", "n3"));

    assertThat(members.process("n1").awaitEnd(PATIENCE)).isEqualTo(2);
    assertThat(members.process("n1").output())
        .contains("--force-new-cluster: there are no data of a member in " + directory);
    assertThat(members.data("n1")).doesNotExist();
  }

  @Test
  void addressesAreCheckedAndChanged() throws Exception {
    members.startNew("n1", "n2", "n3");
    long id = members.idOf("n1", "n3");

    assertRefused(
        () -> update("n1", 4711, members.url("n6")), "NOT_FOUND: etcdserver: member not found");
    assertRefused(
        () -> update("n1", id, members.url("n1")),
        "FAILED_PRECONDITION: etcdserver: Peer URLs already exists");
    for (String wrong : List.of("nonsense", "https://127.0.0.1:1", "http://127.0.0.1", "")) {
      assertRefused(
          () -> update("n1", id, wrong),
          "INVALID_ARGUMENT: etcdserver: given member URLs are invalid");
    }
    members.process("n3").close();
    update("n2", id, members.url("n6"));
    members.moveTo("n3", "n6");
    // Its log knows its id; where it listens is all that its flags have to say.
    members.start("n3", "existing", List.of("n1", "n2", "n3"));
    members.awaitServing("n3");
    members.put("n3", "from elsewhere");

    assertThat(members.list("n1").get(2).getPeerURLsList()).containsExactly(members.url("n6"));
  }

  @Test
  void etcdctlAddsPromotesListsUpdatesAndRemoves() throws Exception {
    assumeTrue(isInstalled(), "etcdctl is not installed (Debian: apt-get install etcd-client)");
    members.startNew("n1");

    String added = etcdctl("member", "add", "n2", "--learner", "--peer-urls=" + members.url("n2"));
    Matcher id = Pattern.compile("Member +([0-9a-f]+) added to cluster").matcher(added);
    assertThat(id.find()).as(added).isTrue();
    assertThat(added)
        .contains("ETCD_INITIAL_CLUSTER=\"", "n2=" + members.url("n2"), "n1=" + members.url("n1"))
        .contains("ETCD_INITIAL_CLUSTER_STATE=\"existing\"");
    assertThat(etcdctl("member", "list"))
        .contains(id.group(1) + ", unstarted, , " + members.url("n2") + ", , true");
    members.join("n2", List.of("n1"));
    members.awaitServing("n2");
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
                .contains(id.group(1) + ", started, n2, " + members.url("n2"), ", false"));
    assertThat(etcdctl("member", "update", id.group(1), "--peer-urls=" + members.url("n6")))
        .contains("updated in cluster");
    assertThat(etcdctl("member", "list")).contains(members.url("n6"));
    etcdctl("member", "update", id.group(1), "--peer-urls=" + members.url("n2"));
    assertThat(etcdctl("member", "remove", id.group(1))).contains("removed from cluster");
    assertThat(etcdctl("member", "list").lines()).hasSize(1);
    assertThat(members.process("n2").awaitEnd(PATIENCE)).isEqualTo(EXPELLED);
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
    command.add("--endpoints=127.0.0.1:" + members.clientPort("n1"));
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
    members.startNew("n1");

    members.join("n2", List.of("n1"));

    assertThat(members.process("n2").awaitEnd(PATIENCE)).isNotZero();
    assertThat(members.process("n2").output())
        .contains(
            "the cluster has no member with the peer URL " + members.url("n2"), "member add n2");
    assertThat(members.data("n2")).doesNotExist();
  }

  // ---------------------------------------------------------------------------------------------

  private void forceNewCluster(String name, List<String> cluster) throws IOException {
    members.start(name, "new", cluster, "--force-new-cluster");
  }

  private void update(String asked, long id, String peerUrl) {
    var unused =
        members
            .cluster(asked)
            .memberUpdate(MemberUpdateRequest.newBuilder().setID(id).addPeerURLs(peerUrl).build());
  }

  private void moveLeader(String asked, long id) {
    var unused =
        MaintenanceGrpc.newBlockingStub(members.channel(asked))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .moveLeader(MoveLeaderRequest.newBuilder().setTargetID(id).build());
  }

  private long grantLease(String name) {
    return LeaseGrpc.newBlockingStub(members.channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(3600).build())
        .getID();
  }

  private long ttl(String name, long lease) {
    return LeaseGrpc.newBlockingStub(members.channel(name))
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
        .getTTL();
  }

  private void addUser(String name, String user) {
    var unused =
        AuthGrpc.newBlockingStub(members.channel(name))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .userAdd(AuthUserAddRequest.newBuilder().setName(user).setPassword("secret").build());
  }

  private List<String> users(String name) {
    return AuthGrpc.newBlockingStub(members.channel(name))
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
