package dev.jangada.raft;

/**
 * Told what happens inside a core and why, as it happens, on the thread that drives it. For logs,
 * counters and traces; must not call back into the core.
 */
public interface RaftTracer {

  /** Ignores everything. */
  RaftTracer NONE =
      new RaftTracer() {
        @Override
        public void roleChanged(
            RaftRole from, RaftRole to, long term, long leader, String reason) {}

        @Override
        public void dropped(Message message, String reason) {}
      };

  /**
   * The node has taken a role, the term it is in, or the leader it follows.
   *
   * @param leader the leader that the node now knows of, 0 for none
   * @param reason why, in a few words
   */
  void roleChanged(RaftRole from, RaftRole to, long term, long leader, String reason);

  /** A message was ignored that a correct peer should not have sent, or not to this node. */
  void dropped(Message message, String reason);
}
