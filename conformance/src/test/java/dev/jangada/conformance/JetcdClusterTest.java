package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.Answers.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.Cluster;
import io.etcd.jetcd.cluster.Member;
import io.etcd.jetcd.cluster.MemberListResponse;
import io.grpc.Status;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Members by jetcd. After each test they are those that were there before. */
@Timeout(300)
class JetcdClusterTest {

  /** Where nobody listens. */
  private static final URI NOBODY = URI.create("http://127.0.0.1:9");

  private static final URI NOBODY_ELSE = URI.create("http://127.0.0.1:19");

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private Cluster cluster;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdClusterTest() {}

  @BeforeEach
  void connect() {
    cluster = etcd.client().getClusterClient();
  }

  @Test
  void membersAreListedWithNamesAndAddresses() throws Exception {
    List<Member> members = answer(cluster.listMember()).getMembers();

    assertThat(members).hasSameSizeAs(etcd.endpoints());
    assertThat(members).extracting(Member::getId).doesNotHaveDuplicates().doesNotContain(0L);
    assertThat(members).extracting(Member::getName).doesNotHaveDuplicates().doesNotContain("");
    assertThat(members)
        .allSatisfy(member -> {
          assertThat(member.getPeerURIs()).isNotEmpty();
          assertThat(member.isLearner()).isFalse();
        });
    assertThat(members.stream().flatMap(member -> member.getClientURIs().stream()))
        .extracting(URI::getAuthority)
        .containsExactlyInAnyOrderElementsOf(
            etcd.endpoints().stream().map(URI::getAuthority).toList());
  }

  @Test
  void everyMemberListsTheSameMembers() throws Exception {
    List<Long> expected =
        answer(cluster.listMember()).getMembers().stream().map(Member::getId).sorted().toList();
    for (URI endpoint : etcd.endpoints()) {
      try (Client one = Client.builder().endpoints(endpoint).build()) {
        MemberListResponse list = answer(one.getClusterClient().listMember());

        assertThat(list.getMembers())
            .extracting(Member::getId)
            .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(expected).contains(list.getHeader().getMemberId());
      }
    }
  }

  @Test
  void learnerThatWasNeverStartedIsListedMovedAndRemoved() throws Exception {
    long learner = addLearner(NOBODY);
    try {
      assertThat(listed(learner).isLearner()).isTrue();
      assertThat(listed(learner).getName()).isEmpty();
      assertThat(listed(learner).getClientURIs()).isEmpty();
      assertThat(listed(learner).getPeerURIs()).containsExactly(NOBODY);

      answer(cluster.updateMember(learner, List.of(NOBODY_ELSE)));
      assertThat(listed(learner).getPeerURIs()).containsExactly(NOBODY_ELSE);
    } finally {
      answer(cluster.removeMember(learner));
    }

    assertThat(answer(cluster.listMember()).getMembers())
        .extracting(Member::getId)
        .doesNotContain(learner);
  }

  @Test
  void learnerIsNotPromotedBeforeItHasCaughtUp() throws Exception {
    // Not the address of another test: etcd makes the id of the address and the second.
    long learner = addLearner(URI.create("http://127.0.0.1:29"));
    try {
      assertRefused(
          cluster.promoteMember(learner),
          Status.Code.FAILED_PRECONDITION,
          "etcdserver: can only promote a learner member which is in sync with leader");
    } finally {
      answer(cluster.removeMember(learner));
    }
  }

  @Test
  void whoIsNoMemberIsNeitherMovedNorPromotedNorRemoved() {
    String notFound = "etcdserver: member not found";
    assertRefused(cluster.updateMember(4711, List.of(NOBODY)), Status.Code.NOT_FOUND, notFound);
    assertRefused(cluster.promoteMember(4711), Status.Code.NOT_FOUND, notFound);
    assertRefused(cluster.removeMember(4711), Status.Code.NOT_FOUND, notFound);
  }

  @Test
  void addressOfAnotherMemberIsRefused() throws Exception {
    URI taken = answer(cluster.listMember()).getMembers().getFirst().getPeerURIs().getFirst();

    assertRefused(
        cluster.addMember(List.of(taken), true),
        Status.Code.FAILED_PRECONDITION,
        "etcdserver: Peer URLs already exists");
  }

  private long addLearner(URI address) throws Exception {
    return answer(cluster.addMember(List.of(address), true)).getMember().getId();
  }

  private Member listed(long id) throws Exception {
    return answer(cluster.listMember()).getMembers().stream()
        .filter(member -> member.getId() == id)
        .findFirst()
        .orElseThrow();
  }
}
