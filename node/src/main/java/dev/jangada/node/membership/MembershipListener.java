package dev.jangada.node.membership;

import dev.jangada.raft.Membership;

/**
 * Told who belongs to the cluster, as one node knows it. Called on the node's driver thread, one
 * call at a time and in order: it must return at once and must not throw.
 */
@FunctionalInterface
public interface MembershipListener {

  /** This configuration is committed; a joint one is on the way to another one. */
  void membershipChanged(Membership committed);
}
