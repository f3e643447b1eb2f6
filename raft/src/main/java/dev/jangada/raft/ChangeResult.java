package dev.jangada.raft;

/** What became of a change of the membership that was asked for. */
public sealed interface ChangeResult {

  /**
   * The leader has appended the new configuration, which is in force. The change is made for good
   * once this entry is committed; a joint configuration is then left by another entry.
   */
  record Accepted(long index, long term) implements ChangeResult {}

  /** Nothing has changed. */
  record Refused(ChangeRefusal reason) implements ChangeResult {}
}
