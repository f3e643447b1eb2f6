package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.Answers.assertRefused;
import static dev.jangada.conformance.ClusterUnderTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Maintenance;
import io.etcd.jetcd.maintenance.AlarmMember;
import io.etcd.jetcd.maintenance.AlarmType;
import io.etcd.jetcd.maintenance.StatusResponse;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Status, hashes, backups and the rest of maintenance by jetcd. */
@Timeout(300)
class JetcdMaintenanceTest {

  private static final int SHA_256_BYTES = 32;

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private Maintenance maintenance;
  private KV kv;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdMaintenanceTest() {}

  @BeforeEach
  void connect() {
    maintenance = etcd.client().getMaintenanceClient();
    kv = etcd.client().getKVClient();
  }

  @Test
  void statusTellsVersionSizeTermAndIndexOfEachMember() throws Exception {
    answer(kv.put(etcd.key("a"), bytes("1")));
    for (String endpoint : endpoints()) {
      StatusResponse status = answer(maintenance.statusMember(endpoint));

      assertThat(status.getVersion()).matches("3\\.\\d+\\.\\d+");
      assertThat(status.getDbSize()).isPositive();
      assertThat(status.getDbSizeInUse()).isPositive();
      assertThat(status.getRaftTerm()).isPositive();
      assertThat(status.getRaftIndex()).isPositive();
      assertThat(status.getRaftAppliedIndex()).isPositive();
      assertThat(status.getErrorList()).isEmpty();
      assertThat(status.isLearner()).isFalse();
    }
  }

  @Test
  void allMembersNameTheSameLeaderWhichIsOneOfThem() throws Exception {
    // Another test may just have changed the leader.
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> {
          List<Long> leaders = new ArrayList<>();
          List<Long> members = new ArrayList<>();
          for (String endpoint : endpoints()) {
            StatusResponse status = answer(maintenance.statusMember(endpoint));
            leaders.add(status.getLeader());
            members.add(status.getHeader().getMemberId());
          }

          assertThat(leaders).containsOnly(leaders.get(0));
          assertThat(members).contains(leaders.get(0)).doesNotHaveDuplicates();
        });
  }

  @Test
  void hashOfARevisionIsTheSameOnAllMembers() throws Exception {
    long revision = answer(kv.put(etcd.key("a"), bytes("1"))).getHeader().getRevision();
    answer(kv.put(etcd.key("a"), bytes("2")));
    List<Integer> hashes = new ArrayList<>();
    for (URI endpoint : etcd.endpoints()) {
      try (Client one = Client.builder().endpoints(endpoint).build()) {
        // So that this member has the revision.
        answer(one.getKVClient().get(etcd.key("a")));
      }
      hashes.add(answer(maintenance.hashKV(endpoint.toString(), revision)).getHash());
    }

    assertThat(hashes).containsOnly(hashes.get(0));
    answer(kv.put(etcd.key("a"), bytes("3")));
    long now = answer(kv.get(etcd.key("a"))).getKvs().get(0).getModRevision();
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(answer(maintenance.hashKV(endpoints().get(0), now)).getHash())
                .isNotEqualTo(hashes.get(0)));
  }

  @Test
  void hashOfAFutureRevisionIsRefused() throws Exception {
    long now = answer(kv.put(etcd.key("a"), bytes("1"))).getHeader().getRevision();

    assertRefused(
        maintenance.hashKV(endpoints().get(0), now + 1_000_000),
        Status.Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision");
  }

  @Test
  void backupIsStreamedToItsEndAndEndsWithItsChecksum() throws Exception {
    answer(kv.put(etcd.key("a"), bytes("1")));
    ByteArrayOutputStream backup = new ByteArrayOutputStream();

    long size = answer(maintenance.snapshot(backup));

    byte[] whole = backup.toByteArray();
    assertThat(size).isEqualTo(whole.length).isGreaterThan(SHA_256_BYTES);
    int end = whole.length - SHA_256_BYTES;
    assertThat(MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(whole, end)))
        .isEqualTo(Arrays.copyOfRange(whole, end, whole.length));
  }

  @Test
  void defragmentationIsAnsweredByEachMember() throws Exception {
    answer(kv.put(etcd.key("a"), bytes("1")));
    for (String endpoint : endpoints()) {
      answer(maintenance.defragmentMember(endpoint));
    }

    assertThat(answer(kv.get(etcd.key("a"))).getCount()).isEqualTo(1);
  }

  @Test
  void noAlarmIsUp() throws Exception {
    assertThat(answer(maintenance.listAlarms()).getAlarms()).isEmpty();
  }

  @Test
  void alarmOfNoSpaceRefusesPutsUntilItIsDisarmed() throws Exception {
    answer(kv.put(etcd.key("a"), bytes("1")));
    try (Client one = Client.builder().endpoints(endpoints().get(0)).build()) {
      KV here = one.getKVClient();
      AlarmMember alarm = new AlarmMember(etcd.raiseAlarm(), AlarmType.NOSPACE);
      try {
        assertRefused(
            here.put(etcd.key("a"), bytes("2")),
            Status.Code.RESOURCE_EXHAUSTED,
            "etcdserver: mvcc: database space exceeded");
        assertThat(answer(here.get(etcd.key("a"))).getCount()).isEqualTo(1);
        assertThat(answer(here.delete(etcd.key("a"))).getDeleted()).isEqualTo(1);
        assertThat(answer(maintenance.listAlarms()).getAlarms())
            .extracting(AlarmMember::getMemberId, AlarmMember::getAlarmType)
            .containsExactly(tuple(alarm.getMemberId(), AlarmType.NOSPACE));
        assertThat(answer(maintenance.statusMember(endpoints().get(0))).getErrorList())
            .anyMatch(error -> error.contains("alarm:NOSPACE"));
      } finally {
        answer(one.getMaintenanceClient().alarmDisarm(alarm));
      }
      answer(here.put(etcd.key("a"), bytes("3")));
    }
    assertThat(answer(maintenance.listAlarms()).getAlarms()).isEmpty();
  }

  @Test
  void leadershipMovesToTheMemberThatIsNamed() throws Exception {
    int leader = leader();
    int target = (leader + 1) % etcd.endpoints().size();
    long id = answer(maintenance.statusMember(endpoints().get(target))).getHeader().getMemberId();

    try (Client ofLeader = Client.builder().endpoints(endpoints().get(leader)).build()) {
      answer(ofLeader.getMaintenanceClient().moveLeader(id));
    }

    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> {
          for (String endpoint : endpoints()) {
            assertThat(answer(maintenance.statusMember(endpoint)).getLeader()).isEqualTo(id);
          }
        });
    answer(kv.put(etcd.key("a"), bytes("after")));
  }

  @Test
  void followerRefusesToMoveTheLeadership() throws Exception {
    int follower = (leader() + 1) % etcd.endpoints().size();
    long id = answer(maintenance.statusMember(endpoints().get(follower))).getHeader().getMemberId();

    try (Client ofFollower = Client.builder().endpoints(endpoints().get(follower)).build()) {
      assertRefused(
          ofFollower.getMaintenanceClient().moveLeader(id),
          Status.Code.FAILED_PRECONDITION,
          "etcdserver: not leader");
    }
  }

  @Test
  void leadershipDoesNotMoveToWhoIsNoMember() throws Exception {
    try (Client ofLeader = Client.builder().endpoints(endpoints().get(leader())).build()) {
      assertRefused(
          ofLeader.getMaintenanceClient().moveLeader(0x7777),
          Status.Code.FAILED_PRECONDITION,
          "etcdserver: bad leader transferee");
    }
  }

  /** The member that says that it leads, once one does. */
  private int leader() {
    return await().atMost(Duration.ofSeconds(60)).until(this::findLeader, member -> member >= 0);
  }

  private int findLeader() throws Exception {
    for (int member = 0; member < etcd.endpoints().size(); member++) {
      StatusResponse status = answer(maintenance.statusMember(endpoints().get(member)));
      if (status.getLeader() == status.getHeader().getMemberId()) {
        return member;
      }
    }
    return -1;
  }

  private static List<String> endpoints() {
    return etcd.endpoints().stream().map(URI::toString).toList();
  }
}
