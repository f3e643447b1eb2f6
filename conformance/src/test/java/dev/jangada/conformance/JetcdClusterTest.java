package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.Cluster;
import io.etcd.jetcd.cluster.Member;
import io.etcd.jetcd.cluster.MemberListResponse;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Members by jetcd. After each test they are those that were there before. */
@Timeout(90)
class JetcdClusterTest {

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
}
