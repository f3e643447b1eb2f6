package dev.jangada.kv;

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
  LEASE_EXISTS(11);

  private final int code;

  KvError(int code) {
    this.code = code;
  }

  @Override
  public int code() {
    return code;
  }
}
