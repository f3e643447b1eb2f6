package dev.jangada.simulation;

import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.Map;
import java.util.TreeMap;

/** At most one leader is elected in a term (paper, figure 3), and nobody else speaks as one. */
final class ElectionSafety implements Property {

  private final Map<Long, Integer> leaders = new TreeMap<>();

  /** The term of the leader seen last: nearly always the one that is seen next. */
  private long latest;

  private int latestLeader;

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    if (status.role() == RaftRole.LEADER
        && (latest != status.term() || latestLeader != node.number())) {
      latest = status.term();
      latestLeader = node.number();
      Integer other = leaders.putIfAbsent(status.term(), node.number());
      require(
          other == null || other == node.number(),
          "in term %d, n%d leads after n%d did",
          status.term(),
          node.number(),
          other);
    }
  }

  @Override
  public void sent(ObservedNode node, Message message) {
    boolean speaksAsLeader =
        message instanceof Message.AppendRequest || message instanceof Message.SnapshotChunk;
    if (speaksAsLeader && (message.term() != latest || node.number() != latestLeader)) {
      RaftStatus status = node.status();
      require(
          status != null && status.role() == RaftRole.LEADER && status.term() == message.term(),
          "n%d sends %s and is %s",
          node.number(),
          message,
          status);
    }
  }

  /** How many terms had a leader. */
  int elections() {
    return leaders.size();
  }
}
