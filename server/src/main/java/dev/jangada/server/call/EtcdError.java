package dev.jangada.server.call;

import dev.jangada.kv.command.KvError;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.ChangeRefusal;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * The ways in which a request can be refused, with the code and the text that etcd gives them.
 *
 * <p>Clients compare the whole text with their own table, and the code tells them whether another
 * member, or another attempt, may do better. So both are part of the API, to the letter.
 */
public enum EtcdError {
  EMPTY_KEY(Status.Code.INVALID_ARGUMENT, "key is not provided"),
  KEY_NOT_FOUND(Status.Code.INVALID_ARGUMENT, "key not found"),
  VALUE_PROVIDED(Status.Code.INVALID_ARGUMENT, "value is provided"),
  LEASE_PROVIDED(Status.Code.INVALID_ARGUMENT, "lease is provided"),
  TOO_MANY_OPERATIONS(Status.Code.INVALID_ARGUMENT, "too many operations in txn request"),
  DUPLICATE_KEY(Status.Code.INVALID_ARGUMENT, "duplicate key given in txn request"),
  INVALID_SORT_OPTION(Status.Code.INVALID_ARGUMENT, "invalid sort option"),
  /**
   * Our own: etcd takes a comparison it does not know for one that holds, and so would do what the
   * client wanted done only on a condition.
   */
  INVALID_COMPARE(Status.Code.INVALID_ARGUMENT, "invalid compare target or result"),
  REQUEST_TOO_LARGE(Status.Code.INVALID_ARGUMENT, "request is too large"),
  COMPACTED(Status.Code.OUT_OF_RANGE, "mvcc: required revision has been compacted"),
  FUTURE_REVISION(Status.Code.OUT_OF_RANGE, "mvcc: required revision is a future revision"),
  NO_SPACE(Status.Code.RESOURCE_EXHAUSTED, "mvcc: database space exceeded"),
  LEASE_NOT_FOUND(Status.Code.NOT_FOUND, "requested lease not found"),
  LEASE_EXISTS(Status.Code.FAILED_PRECONDITION, "lease already exists"),
  LEASE_TTL_TOO_LARGE(Status.Code.OUT_OF_RANGE, "too large lease TTL"),
  USER_NAME_EMPTY(Status.Code.INVALID_ARGUMENT, "user name is empty"),
  INVALID_AUTH_TOKEN(Status.Code.UNAUTHENTICATED, "invalid auth token"),
  PERMISSION_DENIED(Status.Code.PERMISSION_DENIED, "permission denied"),
  AUTHENTICATION_FAILED(
      Status.Code.INVALID_ARGUMENT, "authentication failed, invalid user ID or password"),
  AUTH_NOT_ENABLED(Status.Code.FAILED_PRECONDITION, "authentication is not enabled"),
  ROOT_USER_NOT_FOUND(Status.Code.FAILED_PRECONDITION, "root user does not exist"),
  ROOT_ROLE_NOT_FOUND(Status.Code.FAILED_PRECONDITION, "root user does not have root role"),
  USER_EXISTS(Status.Code.FAILED_PRECONDITION, "user name already exists"),
  USER_NOT_FOUND(Status.Code.FAILED_PRECONDITION, "user name not found"),
  ROLE_NAME_EMPTY(Status.Code.INVALID_ARGUMENT, "role name is empty"),
  ROLE_EXISTS(Status.Code.FAILED_PRECONDITION, "role name already exists"),
  ROLE_NOT_FOUND(Status.Code.FAILED_PRECONDITION, "role name not found"),
  ROLE_NOT_GRANTED(Status.Code.FAILED_PRECONDITION, "role is not granted to the user"),
  PERMISSION_NOT_GRANTED(Status.Code.FAILED_PRECONDITION, "permission is not granted to the role"),
  INVALID_AUTH_MANAGEMENT(Status.Code.INVALID_ARGUMENT, "invalid auth management"),
  /** Our own: etcd accepts it, and then everybody who knows the user's name is the user. */
  EMPTY_PASSWORD(
      Status.Code.INVALID_ARGUMENT, "password is empty: a user can also be added without one"),
  PERMISSION_NOT_GIVEN(Status.Code.INVALID_ARGUMENT, "permission not given"),
  NO_LEADER(Status.Code.UNAVAILABLE, "no leader"),
  NOT_LEADER(Status.Code.FAILED_PRECONDITION, "not leader"),
  LEADER_CHANGED(Status.Code.UNAVAILABLE, "leader changed"),
  TIMEOUT(Status.Code.UNAVAILABLE, "request timed out"),
  STOPPED(Status.Code.UNAVAILABLE, "server stopped"),
  TOO_MANY_REQUESTS(Status.Code.RESOURCE_EXHAUSTED, "too many requests"),
  /** Our own: etcd goes on until it has no more memory. */
  TOO_MUCH_AT_ONCE(
      Status.Code.RESOURCE_EXHAUSTED,
      "too much data for one request: ask for fewer keys at once, with a limit or a smaller range"),
  CORRUPT(Status.Code.DATA_LOSS, "corrupt cluster"),
  BAD_TRANSFEREE(Status.Code.FAILED_PRECONDITION, "bad leader transferee"),
  MEMBER_EXISTS(Status.Code.FAILED_PRECONDITION, "member ID already exist"),
  PEER_URL_EXISTS(Status.Code.FAILED_PRECONDITION, "Peer URLs already exists"),
  PEER_URLS_INVALID(Status.Code.INVALID_ARGUMENT, "given member URLs are invalid"),
  MEMBER_NOT_FOUND(Status.Code.NOT_FOUND, "member not found"),
  NOT_A_LEARNER(Status.Code.FAILED_PRECONDITION, "can only promote a learner member"),
  LEARNER_NOT_READY(
      Status.Code.FAILED_PRECONDITION,
      "can only promote a learner member which is in sync with leader"),
  TOO_MANY_LEARNERS(Status.Code.FAILED_PRECONDITION, "too many learner members in cluster"),
  NOT_ENOUGH_STARTED(
      Status.Code.FAILED_PRECONDITION, "re-configuration failed due to not enough started members"),
  UNHEALTHY_CLUSTER(Status.Code.UNAVAILABLE, "unhealthy cluster"),
  /** Our own: etcd stores any number. */
  UNKNOWN_ALARM(Status.Code.INVALID_ARGUMENT, "unknown alarm or action");

  private final Status.Code code;
  private final String text;

  EtcdError(Status.Code code, String text) {
    this.code = code;
    this.text = "etcdserver: " + text;
  }

  /** What the client is told. */
  public Status status() {
    return code.toStatus().withDescription(text);
  }

  /** The text alone. */
  public String text() {
    return text;
  }

  /** The same, to be thrown or handed to an observer. */
  public StatusRuntimeException exception() {
    return status().asRuntimeException();
  }

  /** How a refusal by the store is told. */
  public static EtcdError of(KvError error) {
    return switch (error) {
      case EMPTY_KEY -> EMPTY_KEY;
      case KEY_NOT_FOUND -> KEY_NOT_FOUND;
      case VALUE_PROVIDED -> VALUE_PROVIDED;
      case LEASE_PROVIDED -> LEASE_PROVIDED;
      case TOO_MANY_OPERATIONS -> TOO_MANY_OPERATIONS;
      case DUPLICATE_KEY -> DUPLICATE_KEY;
      case COMPACTED -> COMPACTED;
      case FUTURE_REVISION -> FUTURE_REVISION;
      case LEASE_NOT_FOUND -> LEASE_NOT_FOUND;
      case LEASE_EXISTS -> LEASE_EXISTS;
      case NO_SPACE -> NO_SPACE;
      case CORRUPT -> CORRUPT;
      case TOO_MUCH_AT_ONCE -> TOO_MUCH_AT_ONCE;
      case USER_NAME_EMPTY -> USER_NAME_EMPTY;
      case INVALID_AUTH_TOKEN -> INVALID_AUTH_TOKEN;
      case PERMISSION_DENIED -> PERMISSION_DENIED;
      case ROOT_USER_NOT_FOUND -> ROOT_USER_NOT_FOUND;
      case ROOT_ROLE_NOT_FOUND -> ROOT_ROLE_NOT_FOUND;
      case USER_EXISTS -> USER_EXISTS;
      case USER_NOT_FOUND -> USER_NOT_FOUND;
      case ROLE_NAME_EMPTY -> ROLE_NAME_EMPTY;
      case ROLE_EXISTS -> ROLE_EXISTS;
      case ROLE_NOT_FOUND -> ROLE_NOT_FOUND;
      case ROLE_NOT_GRANTED -> ROLE_NOT_GRANTED;
      case PERMISSION_NOT_GRANTED -> PERMISSION_NOT_GRANTED;
      case INVALID_AUTH_MANAGEMENT -> INVALID_AUTH_MANAGEMENT;
      // This node wrote the entry itself, so it is the log that is not what it was.
      case MALFORMED_COMMAND -> CORRUPT;
    };
  }

  /** How a failure of the replicated log is told, with what is known of its reason. */
  static EtcdError of(RaftException failure) {
    ChangeRefusal refusal = failure.changeRefusal();
    return refusal != null ? of(refusal) : of(failure.reason());
  }

  /** How the leader's refusal of a change of the membership is told. */
  public static EtcdError of(ChangeRefusal reason) {
    return switch (reason) {
      case NOT_LEADER -> NOT_LEADER;
      case TRANSFERRING, NOT_READY, UNDER_WAY -> TOO_MANY_REQUESTS;
      case UNKNOWN_MEMBER, REMOVED_MEMBER -> MEMBER_NOT_FOUND;
      case DUPLICATE_MEMBER -> MEMBER_EXISTS;
      case WRONG_STANDING -> NOT_A_LEARNER;
      case NOT_CAUGHT_UP -> LEARNER_NOT_READY;
      case NO_VOTERS, QUORUM_AT_RISK -> NOT_ENOUGH_STARTED;
      case OTHER_INCARNATION, TOO_LARGE -> UNHEALTHY_CLUSTER;
    };
  }

  /**
   * How a failure of the replicated log is told. None of the codes makes a client send a write
   * again by itself, whether or not the outcome is known.
   */
  public static EtcdError of(RaftException.Reason reason) {
    return switch (reason) {
      case NO_LEADER -> NO_LEADER;
      case NOT_LEADER -> NOT_LEADER;
      case TIMEOUT -> TIMEOUT;
      case TOO_LARGE -> REQUEST_TOO_LARGE;
      case OVERLOADED -> TOO_MANY_REQUESTS;
      case LOST -> LEADER_CHANGED;
      case CHANGE_REFUSED -> UNHEALTHY_CLUSTER;
      case NOT_A_VOTER -> BAD_TRANSFEREE;
      case STOPPED -> STOPPED;
    };
  }
}
