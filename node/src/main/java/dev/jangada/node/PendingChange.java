package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import java.util.List;

/** A change of the membership on its way to the driver, and its future on the way back. */
final class PendingChange extends PendingRequest<Membership> implements Outcome.Change {
  private final List<MembershipChange> changes;
  private final long timeoutTicks;

  PendingChange(List<MembershipChange> changes, long timeoutTicks) {
    this.changes = List.copyOf(changes);
    this.timeoutTicks = timeoutTicks;
  }

  @Override
  public void tell(RaftDriver driver) {
    driver.changeMembership(changes, timeoutTicks, this);
  }

  @Override
  public void changed(Membership membership) {
    future().complete(membership);
  }
}
