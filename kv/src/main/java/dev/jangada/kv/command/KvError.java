package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Coded;

/** Why a request was refused. */
public enum KvError implements Coded {
  /** A range, put, delete or comparison names no key. */
  EMPTY_KEY(1),
  /** A put that keeps the value or lease of its key, which does not exist. */
  KEY_NOT_FOUND(2),
  /** A put that keeps the value of its key, and brings one. */
  VALUE_PROVIDED(3),
  /** A put that keeps the lease of its key, and brings one. */
  LEASE_PROVIDED(4),
  /** A transaction with more operations or nesting than allowed. */
  TOO_MANY_OPERATIONS(5),
  /** A transaction that may put a key twice, or put and delete it. */
  DUPLICATE_KEY(6),
  /** The revision has been compacted. */
  COMPACTED(7),
  /** The revision is above the current one. */
  FUTURE_REVISION(8),
  /** A lease which does not exist: to be revoked or kept alive, or to attach a key to. */
  LEASE_NOT_FOUND(9),
  /** The entry of the log does not hold a command that can be understood. */
  MALFORMED_COMMAND(10),
  /** A lease is to begin under the id of one which exists. */
  LEASE_EXISTS(11),
  /** It would make the store grow, and there is an alarm {@link AlarmType#NOSPACE}. */
  NO_SPACE(12),
  /** It would change something, and there is an alarm {@link AlarmType#CORRUPT}. */
  CORRUPT(13),
  /** It would delete, or answer with, more than members have memory for. */
  TOO_MUCH_AT_ONCE(14),
  /** Permissions count, and nobody says who wants this; or a user is to be added without a name. */
  USER_NAME_EMPTY(32),
  /** The caller is no user any more, or the user's password has been set since. */
  INVALID_AUTH_TOKEN(33),
  /** The caller may not. */
  PERMISSION_DENIED(34),
  /** Permissions are to count, and there is no user root. */
  ROOT_USER_NOT_FOUND(35),
  /** Permissions are to count, and the user root does not have the role root. */
  ROOT_ROLE_NOT_FOUND(36),
  /** There is a user of this name. */
  USER_EXISTS(37),
  /** There is no user of this name. */
  USER_NOT_FOUND(38),
  /** A role is to be added without a name. */
  ROLE_NAME_EMPTY(39),
  /** There is a role of this name. */
  ROLE_EXISTS(40),
  /** There is no role of this name. */
  ROLE_NOT_FOUND(41),
  /** The user does not have the role. */
  ROLE_NOT_GRANTED(42),
  /** The role does not have the permission. */
  PERMISSION_NOT_GRANTED(43),
  /** Would lock out root, or grant nothing. */
  INVALID_AUTH_MANAGEMENT(44);

  private final int code;

  KvError(int code) {
    this.code = code;
  }

  @Override
  public int code() {
    return code;
  }
}
