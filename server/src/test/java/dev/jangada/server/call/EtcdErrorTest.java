package dev.jangada.server.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.command.KvError;
import dev.jangada.node.request.RaftException;
import io.grpc.Status;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients compare code and text with their own tables, so both are written out here once more. */
class EtcdErrorTest {

  private static final String TABLE =
      """
      EMPTY_KEY           | INVALID_ARGUMENT    | etcdserver: key is not provided
      KEY_NOT_FOUND       | INVALID_ARGUMENT    | etcdserver: key not found
      VALUE_PROVIDED      | INVALID_ARGUMENT    | etcdserver: value is provided
      LEASE_PROVIDED      | INVALID_ARGUMENT    | etcdserver: lease is provided
      TOO_MANY_OPERATIONS | INVALID_ARGUMENT    | etcdserver: too many operations in txn request
      DUPLICATE_KEY       | INVALID_ARGUMENT    | etcdserver: duplicate key given in txn request
      INVALID_SORT_OPTION | INVALID_ARGUMENT    | etcdserver: invalid sort option
      INVALID_COMPARE     | INVALID_ARGUMENT    | etcdserver: invalid compare target or result
      REQUEST_TOO_LARGE   | INVALID_ARGUMENT    | etcdserver: request is too large
      COMPACTED           | OUT_OF_RANGE        | etcdserver: mvcc: required revision has been compacted
      FUTURE_REVISION     | OUT_OF_RANGE        | etcdserver: mvcc: required revision is a future revision
      NO_SPACE            | RESOURCE_EXHAUSTED  | etcdserver: mvcc: database space exceeded
      LEASE_NOT_FOUND     | NOT_FOUND           | etcdserver: requested lease not found
      LEASE_EXISTS        | FAILED_PRECONDITION | etcdserver: lease already exists
      LEASE_TTL_TOO_LARGE | OUT_OF_RANGE        | etcdserver: too large lease TTL
      USER_NAME_EMPTY     | INVALID_ARGUMENT    | etcdserver: user name is empty
      INVALID_AUTH_TOKEN  | UNAUTHENTICATED     | etcdserver: invalid auth token
      PERMISSION_DENIED   | PERMISSION_DENIED   | etcdserver: permission denied
      AUTHENTICATION_FAILED | INVALID_ARGUMENT  | etcdserver: authentication failed, invalid user ID or password
      AUTH_NOT_ENABLED    | FAILED_PRECONDITION | etcdserver: authentication is not enabled
      ROOT_USER_NOT_FOUND | FAILED_PRECONDITION | etcdserver: root user does not exist
      ROOT_ROLE_NOT_FOUND | FAILED_PRECONDITION | etcdserver: root user does not have root role
      USER_EXISTS         | FAILED_PRECONDITION | etcdserver: user name already exists
      USER_NOT_FOUND      | FAILED_PRECONDITION | etcdserver: user name not found
      ROLE_NAME_EMPTY     | INVALID_ARGUMENT    | etcdserver: role name is empty
      ROLE_EXISTS         | FAILED_PRECONDITION | etcdserver: role name already exists
      ROLE_NOT_FOUND      | FAILED_PRECONDITION | etcdserver: role name not found
      ROLE_NOT_GRANTED    | FAILED_PRECONDITION | etcdserver: role is not granted to the user
      PERMISSION_NOT_GRANTED | FAILED_PRECONDITION | etcdserver: permission is not granted to the role
      INVALID_AUTH_MANAGEMENT | INVALID_ARGUMENT | etcdserver: invalid auth management
      EMPTY_PASSWORD | INVALID_ARGUMENT | etcdserver: password is empty: a user can also be added without one
      PERMISSION_NOT_GIVEN | INVALID_ARGUMENT   | etcdserver: permission not given
      NO_LEADER           | UNAVAILABLE         | etcdserver: no leader
      NOT_LEADER          | FAILED_PRECONDITION | etcdserver: not leader
      LEADER_CHANGED      | UNAVAILABLE         | etcdserver: leader changed
      TIMEOUT             | UNAVAILABLE         | etcdserver: request timed out
      STOPPED             | UNAVAILABLE         | etcdserver: server stopped
      TOO_MANY_REQUESTS   | RESOURCE_EXHAUSTED  | etcdserver: too many requests
      TOO_MUCH_AT_ONCE    | RESOURCE_EXHAUSTED  | etcdserver: too much data for one request: ask for fewer keys at once, with a limit or a smaller range
      CORRUPT             | DATA_LOSS           | etcdserver: corrupt cluster
      BAD_TRANSFEREE      | FAILED_PRECONDITION | etcdserver: bad leader transferee
      MEMBER_EXISTS       | FAILED_PRECONDITION | etcdserver: member ID already exist
      PEER_URL_EXISTS     | FAILED_PRECONDITION | etcdserver: Peer URLs already exists
      PEER_URLS_INVALID   | INVALID_ARGUMENT    | etcdserver: given member URLs are invalid
      MEMBER_NOT_FOUND    | NOT_FOUND           | etcdserver: member not found
      NOT_A_LEARNER       | FAILED_PRECONDITION | etcdserver: can only promote a learner member
      LEARNER_NOT_READY   | FAILED_PRECONDITION | etcdserver: can only promote a learner member which is in sync with leader
      TOO_MANY_LEARNERS   | FAILED_PRECONDITION | etcdserver: too many learner members in cluster
      NOT_ENOUGH_STARTED  | FAILED_PRECONDITION | etcdserver: re-configuration failed due to not enough started members
      UNHEALTHY_CLUSTER   | UNAVAILABLE         | etcdserver: unhealthy cluster
      UNKNOWN_ALARM       | INVALID_ARGUMENT    | etcdserver: unknown alarm or action
      """;

  @Test
  void codesAndTextsAreThoseThatClientsKnow() {
    List<String> actual =
        Arrays.stream(EtcdError.values())
            .map(error -> {
              Status status = error.status();
              return String.join(
                  "|", error.name(), status.getCode().name(), status.getDescription());
            })
            .toList();

    assertThat(actual)
        .isEqualTo(TABLE.lines().map(line -> line.replaceAll(" *\\| *", "|")).toList());
  }

  @ParameterizedTest
  @EnumSource(KvError.class)
  void everyRefusalOfTheStoreHasItsOwnError(KvError error) {
    EtcdError told = EtcdError.of(error);

    assertThat(told.name())
        .isEqualTo(error == KvError.MALFORMED_COMMAND ? "CORRUPT" : error.name());
  }

  @ParameterizedTest
  @CsvSource({
    "NO_LEADER, NO_LEADER",
    "NOT_LEADER, NOT_LEADER",
    "TIMEOUT, TIMEOUT",
    "TOO_LARGE, REQUEST_TOO_LARGE",
    "OVERLOADED, TOO_MANY_REQUESTS",
    "LOST, LEADER_CHANGED",
    "STOPPED, STOPPED"
  })
  void failuresOfTheLogAreToldInEtcdsWords(RaftException.Reason reason, EtcdError told) {
    assertThat(EtcdError.of(reason)).isEqualTo(told);
  }

  @Test
  void noTwoErrorsReadTheSame() {
    Set<String> texts = new TreeSet<>();
    for (EtcdError error : EtcdError.values()) {
      texts.add(error.text());
    }

    assertThat(texts).hasSameSizeAs(EtcdError.values());
  }
}
