package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Coded;

/** What is wrong with a member, that all have to know of. */
public enum AlarmType implements Coded {
  /**
   * Its store has reached its quota. Nothing is carried out that would make the store grow, on any
   * member: see {@link SpaceCost}.
   */
  NOSPACE(1),
  /**
   * Its store differs from the others'. Nobody can tell what is right, so no client changes
   * anything, on any member, and no lease ends.
   */
  CORRUPT(2);

  private final int code;

  AlarmType(int code) {
    this.code = code;
  }

  @Override
  public int code() {
    return code;
  }
}
