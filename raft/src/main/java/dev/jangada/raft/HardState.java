package dev.jangada.raft;

/**
 * What a node must never forget besides its log (paper, Figure 2, "persistent state").
 *
 * @param term latest term the node has seen, 0 before the first
 * @param vote id of the node that got this node's vote in {@code term}, {@link #NO_VOTE} if none
 */
public record HardState(long term, long vote) {

  /** The vote of a node that has not voted in its term. */
  public static final long NO_VOTE = 0;

  /** The state of a node that has never taken part in anything. */
  public static final HardState INITIAL = new HardState(0, NO_VOTE);

  public HardState {
    if (term < 0) {
      throw new IllegalArgumentException("term " + term + " is negative");
    }
  }
}
