package dev.jangada.raft;

/** The immediate answer to a proposal: the caller must look at which it is. */
public sealed interface ProposeResult {

  /**
   * The command is in this leader's log; it is committed only when an entry with this identity is
   * applied. If another entry is applied at {@code index}, the command is lost and never takes
   * effect.
   */
  record Accepted(long index, long term) implements ProposeResult {}

  /** The command is not in any log. */
  record Refused(Refusal reason) implements ProposeResult {}
}
