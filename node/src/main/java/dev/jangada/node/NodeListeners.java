package dev.jangada.node;

import dev.jangada.node.driver.LeadershipListener;
import dev.jangada.node.membership.MembershipListener;
import dev.jangada.raft.Membership;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who want to know who leads and who belongs to the cluster. One that throws is noted in the
 * log of the process, and keeps nobody else from being told.
 *
 * <p>Belongs to the driver's thread.
 */
final class NodeListeners {
  private static final Logger log = LoggerFactory.getLogger(RaftNode.class);

  private final String id;
  private final long memberId;
  private final List<LeadershipListener> ofLeadership = new ArrayList<>();
  private final List<MembershipListener> ofMembership = new ArrayList<>();

  /**
   * None yet.
   *
   * @param id name of the node
   * @param memberId its number
   */
  NodeListeners(String id, long memberId) {
    this.id = id;
    this.memberId = memberId;
  }

  /** Tells a listener how things are, and from now on of every change. */
  void add(LeadershipListener listener, long leader, long term) {
    ofLeadership.add(listener);
    tell(listener, leader, term);
  }

  /** Tells a listener how things are, and from now on of every change. */
  void add(MembershipListener listener, Membership committed) {
    ofMembership.add(listener);
    tell(listener, committed);
  }

  void remove(LeadershipListener listener) {
    ofLeadership.remove(listener);
  }

  void leadershipChanged(long leader, long term) {
    for (LeadershipListener listener : List.copyOf(ofLeadership)) {
      tell(listener, leader, term);
    }
  }

  void membershipChanged(Membership committed) {
    for (MembershipListener listener : List.copyOf(ofMembership)) {
      tell(listener, committed);
    }
  }

  private void tell(LeadershipListener listener, long leader, long term) {
    try {
      listener.leadershipChanged(leader, term, leader == memberId);
    } catch (RuntimeException e) {
      log.warn("{}: a leadership listener threw", id, e);
    }
  }

  private void tell(MembershipListener listener, Membership committed) {
    try {
      listener.membershipChanged(committed);
    } catch (RuntimeException e) {
      log.warn("{}: a membership listener threw", id, e);
    }
  }
}
