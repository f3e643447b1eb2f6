package dev.jangada.raft;

import org.jspecify.annotations.Nullable;

/**
 * Why a request was refused. A refused request has had no effect and may be tried again where that
 * makes sense.
 */
public enum Refusal {
  /** This node is not the leader. */
  NOT_LEADER(0),
  /** The command is larger than {@link RaftConfig#maxEntryBytes()}; it will never be accepted. */
  TOO_LARGE(1),
  /**
   * More uncommitted bytes than {@link RaftConfig#maxUncommittedBytes()} would be in the log; try
   * again later.
   */
  TOO_MANY_UNCOMMITTED(2),
  /** The leader is handing its leadership over; try again in a moment. */
  TRANSFERRING(3);

  private static final Refusal[] VALUES = values();

  private final byte code;

  Refusal(int code) {
    this.code = (byte) code;
  }

  /** The byte that stands for this reason on the wire. */
  public byte code() {
    return code;
  }

  /** The constant that the byte stands for; null for a byte that stands for none. */
  static @Nullable Refusal ofCode(byte code) {
    for (Refusal candidate : VALUES) {
      if (candidate.code == code) {
        return candidate;
      }
    }
    return null;
  }
}
