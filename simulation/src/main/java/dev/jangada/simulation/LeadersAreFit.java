package dev.jangada.simulation;

import dev.jangada.raft.HardState;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A leader that cannot do its work gives way to another one: one whose disk brings no write to an
 * end for an election timeout, unless nobody else has a vote, and, where leaders check their
 * quorum, one that has heard nothing of a majority for two of them (dissertation, section 6.2).
 *
 * <p>Time is what the process has lived through: it cannot know that it stands still.
 */
final class LeadersAreFit implements Property {

  /** What a process may count less than is counted here: ticks come late, or not after a pause. */
  private static final int GRACE_TICKS = 3;

  private final int heartbeatTicks;
  private final int electionTimeoutTicks;
  private final boolean checkQuorum;
  private final List<Watched> watched = new ArrayList<>();

  /** What is known of one process; times in nanoseconds that it has lived through. */
  private static final class Watched {
    long clock;
    long lived;

    long durable;
    HardState durableState = HardState.INITIAL;

    /** When it had its disk done something last, had nothing for it to do, or was alone. */
    long wroteAt;

    /** The term that it led when last looked at, and since when; 0 if none. */
    long leads;

    long leadsSince;

    /** The configuration it went by then, and since when. */
    Membership membership = Membership.NONE;

    long decidesSince;

    /** Whether nobody else has a vote in it. */
    boolean isAlone;

    /** By id of another node: when it was heard last in this term. */
    final Map<Long, Long> heardAt = new TreeMap<>();
  }

  LeadersAreFit(RaftConfig config, int nodes) {
    this.heartbeatTicks = config.heartbeatTicks();
    this.electionTimeoutTicks = config.electionTimeoutTicks();
    this.checkQuorum = config.checkQuorum();
    for (int number = 0; number <= nodes; number++) {
      watched.add(new Watched());
    }
  }

  @Override
  public void started(ObservedNode node) {
    Watched known = watched.get(node.number());
    known.clock = node.clock();
    known.wroteAt = known.lived;
    known.leads = 0;
  }

  @Override
  public void received(ObservedNode node, Message message) {
    boolean answers =
        switch (message) {
          case Message.AppendAccepted accepted -> true;
          case Message.AppendRejected rejected -> true;
          case Message.SnapshotAck ack -> true;
          default -> false;
        };
    Watched known = watched.get(node.number());
    if (answers && message.term() == known.leads) {
      known.heardAt.put(message.from(), known.lived);
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    Watched known = watched.get(node.number());
    live(known, node.clock());
    long leads = status.role() == RaftRole.LEADER ? status.term() : 0;
    if (leads != known.leads) {
      known.leads = leads;
      known.leadsSince = known.lived;
      known.heardAt.clear();
    }
    Membership membership = status.membership();
    if (!known.membership.equals(membership)) {
      known.decidesSince = known.lived;
      known.isAlone = isOnlyVoter(node.id(), membership);
    }
    // An equal one too: the next comparison is then one with itself.
    known.membership = membership;
    watchDisk(known, node);
    if (leads == 0) {
      return;
    }
    long timeout = electionTimeoutTicks * SimulatedNode.TICK_NANOS;
    long grace = (heartbeatTicks + GRACE_TICKS) * SimulatedNode.TICK_NANOS;
    require(
        known.lived - known.wroteAt <= timeout + grace,
        "n%d leads term %d, and its disk has done nothing for %.3f ms",
        node.number(),
        leads,
        (known.lived - known.wroteAt) / 1e6);
    if (checkQuorum) {
      long silence = 2 * timeout + grace;
      require(
          known.lived - Math.max(known.leadsSince, known.decidesSince) <= silence
              || isMajorityHeard(known, node.id(), known.lived - silence),
          "n%d leads term %d, and has heard from no majority for more than %.3f ms",
          node.number(),
          leads,
          silence / 1e6);
    }
  }

  private static boolean isOnlyVoter(long id, Membership membership) {
    for (Member member : membership.members()) {
      if (member.id() != id && member.standing().votes()) {
        return false;
      }
    }
    return true;
  }

  /** A leader that does not stand still has a turn for each heartbeat at least. */
  private void live(Watched known, long clock) {
    long passed = clock - known.clock;
    long atMost = (heartbeatTicks + 1) * SimulatedNode.TICK_NANOS;
    known.lived += passed > atMost ? SimulatedNode.TICK_NANOS : passed;
    known.clock = clock;
  }

  private static void watchDisk(Watched known, ObservedNode node) {
    LogImage durable = node.durableLog();
    boolean isIdle =
        durable.last() == node.log().last() && durable.hardState().equals(node.log().hardState());
    boolean wrote =
        durable.last() != known.durable || !durable.hardState().equals(known.durableState);
    if (isIdle || wrote || known.isAlone) {
      known.wroteAt = known.lived;
    }
    known.durable = durable.last();
    known.durableState = durable.hardState();
  }

  /** Who has not been heard counts as heard when its voice began to matter. */
  private static boolean isMajorityHeard(Watched known, long self, long since) {
    return Majorities.agree(
        known.membership,
        id -> id == self || known.heardAt.getOrDefault(id, Long.MIN_VALUE) >= since);
  }
}
