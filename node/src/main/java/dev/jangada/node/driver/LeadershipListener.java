package dev.jangada.node.driver;

/**
 * Told of changes of leadership as one node sees them. Called on the node's driver thread, one call
 * at a time and in order: it must return at once and must not throw.
 */
@FunctionalInterface
public interface LeadershipListener {

  /**
   * The node has seen a new term, or has learned or lost the leader of its term.
   *
   * @param leader member id of the leader, 0 while none is known
   * @param term the node's current term
   * @param isLeader whether this node itself is that leader
   */
  void leadershipChanged(long leader, long term, boolean isLeader);
}
