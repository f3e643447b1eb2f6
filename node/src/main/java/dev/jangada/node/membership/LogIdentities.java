package dev.jangada.node.membership;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Has the leader put down, in the configuration, which log each member has, as soon as it is told.
 * From then on nobody who has lost that log can pass for the member. The leader puts its own down
 * together with the first one of another member: while it is alone there is nobody to be warned.
 *
 * <p>Belongs to the driver's thread.
 */
public final class LogIdentities {
  private final long self;
  private final long timeoutTicks;
  private final Map<Long, Long> seen = new HashMap<>();
  private @Nullable Membership lookedAt;
  private boolean worthALook;
  private boolean underWay;

  /**
   * Those that nobody has told yet.
   *
   * @param logIncarnation of this node's own log
   */
  public LogIdentities(long self, long logIncarnation, long timeoutTicks) {
    this.self = self;
    this.timeoutTicks = timeoutTicks;
    seen.put(self, logIncarnation);
  }

  /** A member has told which log it has. */
  public void seen(long member, long logIncarnation) {
    if (!Objects.equals(seen.put(member, logIncarnation), logIncarnation)) {
      worthALook = true;
    }
  }

  /** Another node leads, or none. */
  public void leadershipChanged() {
    worthALook = true;
  }

  /** Asks for what is missing, if this node leads. */
  public void advance(RaftDriver driver, boolean isLeader) {
    Membership committed = driver.committedMembership();
    if (!committed.equals(lookedAt)) {
      lookedAt = committed;
      worthALook = true;
    }
    if (!isLeader || !worthALook || underWay) {
      return;
    }
    worthALook = false;
    List<MembershipChange> changes = missing(committed);
    if (changes.stream().anyMatch(change -> change.id() != self)) {
      underWay = true;
      driver.changeMembership(changes, timeoutTicks, new Noted());
    }
  }

  private List<MembershipChange> missing(Membership membership) {
    List<MembershipChange> changes = new ArrayList<>();
    membership
        .members()
        .forEach(member -> {
          Long incarnation = seen.get(member.id());
          if (member.incarnation() == 0 && incarnation != null) {
            changes.add(new MembershipChange.Identify(member.id(), incarnation));
          }
        });
    return changes;
  }

  private final class Noted implements Outcome.Change {
    @Override
    public void changed(Membership membership) {
      underWay = false;
    }

    @Override
    public void failed(RaftException failure) {
      underWay = false;
      // What was refused for good would be refused again, until something changes.
      ChangeRefusal refusal = failure.changeRefusal();
      worthALook |= refusal == null || refusal.isTransient();
    }
  }
}
