package dev.jangada.simulation;

import dev.jangada.raft.Entry;
import dev.jangada.raft.HardState;

/** A restarted node finds the term, the vote and every entry that it had synced. */
final class DiskKeepsWhatWasSynced implements Property {

  /**
   * Compares what a log holds with what was known to be durable.
   *
   * @param firstOverwritten the lowest index that a write since the last sync may have replaced
   * @param overwritesHardState whether such a write had a term or vote
   */
  void check(
      ObservedNode node,
      LogImage durable,
      LogImage found,
      long firstOverwritten,
      boolean overwritesHardState) {
    for (long i = 1; i <= durable.last() && i < firstOverwritten; i++) {
      Entry synced = durable.get(i);
      Entry there = found.get(i);
      require(
          synced != null && synced.equals(there),
          "n%d had synced %s and finds %s",
          node.number(),
          synced,
          there);
    }
    HardState synced = durable.hardState();
    require(
        found.hardState().equals(synced)
            || (overwritesHardState && found.hardState().term() >= synced.term()),
        "n%d had synced %s and finds %s",
        node.number(),
        synced,
        found.hardState());
  }
}
