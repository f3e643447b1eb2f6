package dev.jangada.simulation;

import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.List;

/**
 * Entries wait for room only, and those that wait go together. A leader that has dealt with what
 * has come owes no follower an entry that it could send: nothing waits for a timer. And when more
 * entries follow the ones in a message than had room in the window, messages hold several: one that
 * holds a single one is the exception, where the leader reads from the disk.
 */
final class LeadersSendAtOnce implements Property {

  /** So many messages tell whether batches grow. */
  private static final int ENOUGH = 50;

  private final RaftConfig config;

  /** Messages with entries that left more behind than would have had room, and how many entries. */
  private long crowded;

  private long entriesInCrowded;

  LeadersSendAtOnce(RaftConfig config) {
    this.config = config;
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    if (status.role() != RaftRole.LEADER) {
      return;
    }
    long last = status.last().index();
    for (RaftStatus.FollowerStatus follower : status.followers()) {
      if (follower.next() <= last
          && !follower.probing()
          && !follower.needsSnapshot()
          && follower.inflightAppends() < config.maxInflightAppends()
          && follower.inflightBytes() < config.maxInflightBytes()) {
        require(
            false,
            "n%d has up to %d and keeps from %d on for itself: %s",
            node.number(),
            last,
            follower.next(),
            follower);
      }
    }
  }

  @Override
  public void sent(ObservedNode node, Message message) {
    if (!(message instanceof Message.AppendRequest append) || append.entries().isEmpty()) {
      return;
    }
    LogImage log = node.log();
    List<Entry> entries = append.entries();
    long next = entries.getLast().index() + 1;
    Entry following = log.get(next);
    if (following != null) {
      long bytes = following.weight();
      for (Entry entry : entries) {
        bytes += entry.weight();
      }
      if (bytes <= config.maxAppendBytes()) {
        crowded++;
        entriesInCrowded += entries.size();
      }
    }
  }

  @Override
  public void ended(List<? extends ObservedNode> nodes) {
    require(
        crowded < ENOUGH || entriesInCrowded > crowded,
        "%d messages had one entry each, and room for the next one",
        crowded);
  }
}
