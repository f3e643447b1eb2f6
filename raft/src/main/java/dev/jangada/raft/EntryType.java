package dev.jangada.raft;

import org.jspecify.annotations.Nullable;

/** What a log entry holds. */
public enum EntryType {
  /**
   * Nothing: a new leader's first entry, by which it learns what is committed (paper, section 8).
   */
  NOOP(0),
  /** A command for the state machine. */
  COMMAND(1),
  /** A {@link Membership}, in force from when the entry is appended (dissertation, section 4.1). */
  CONFIGURATION(2);

  private static final EntryType[] VALUES = values();

  private final byte code;

  EntryType(int code) {
    this.code = (byte) code;
  }

  /** The byte that stands for this type on disk and on the wire. */
  public byte code() {
    return code;
  }

  /** The constant that the byte stands for; null for a byte that stands for none. */
  static @Nullable EntryType ofCode(byte code) {
    for (EntryType candidate : VALUES) {
      if (candidate.code == code) {
        return candidate;
      }
    }
    return null;
  }
}
