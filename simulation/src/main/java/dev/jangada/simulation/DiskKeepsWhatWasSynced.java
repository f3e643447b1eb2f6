package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import java.util.List;

/**
 * A restarted node finds the term, the vote and every entry that it had synced, and has forgotten
 * no more from the beginning of its log than it had asked for.
 */
final class DiskKeepsWhatWasSynced implements Property {

  /**
   * Compares what a log holds with what was known to be durable.
   *
   * @param unsynced the writes since the last sync, which may have happened or not
   */
  void check(
      ObservedNode node,
      LogImage durable,
      LogImage found,
      List<? extends LogWriter.Write> unsynced) {
    checkHardState(node, durable.hardState(), found, unsynced);
    if (beginsAnew(durable, found)) {
      // After a snapshot whose last entry the log does not have: nothing synced counts any more.
      return;
    }
    checkBeginning(node, durable, found, unsynced);
    long end = durable.last();
    for (LogWriter.Write write : unsynced) {
      if (!write.entries().isEmpty()) {
        end = Math.min(end, write.entries().getFirst().index() - 1);
      }
    }
    for (long i = found.base().index() + 1; i <= end; i++) {
      Entry synced = durable.get(i);
      Entry there = found.get(i);
      if (synced == null || !synced.equals(there)) {
        require(false, "n%d had synced %s and finds %s", node.number(), synced, there);
      }
    }
  }

  /** Whether a log was emptied, which it is only in favour of a snapshot that it does not match. */
  private static boolean beginsAnew(LogImage durable, LogImage found) {
    EntryId base = found.base();
    return found.last() == base.index()
        && base.index() > durable.base().index()
        && durable.term(base.index()) != base.term();
  }

  private void checkHardState(
      ObservedNode node,
      HardState synced,
      LogImage found,
      List<? extends LogWriter.Write> unsynced) {
    HardState there = found.hardState();
    boolean overwritten = unsynced.stream().anyMatch(write -> write.hardState() != null);
    // Whoever finds a snapshot of a later term than it remembers begins its log in that term.
    boolean raised = there.term() == found.base().term() && there.vote() == HardState.NO_VOTE;
    require(
        there.equals(synced)
            || (overwritten && there.term() >= synced.term())
            || (raised && there.term() > synced.term()),
        "n%d had synced %s and finds %s",
        node.number(),
        synced,
        there);
  }

  private void checkBeginning(
      ObservedNode node,
      LogImage durable,
      LogImage found,
      List<? extends LogWriter.Write> unsynced) {
    long discarded = durable.base().index();
    for (LogWriter.Write write : unsynced) {
      discarded = Math.max(discarded, write.discardUpTo());
    }
    require(
        found.base().index() >= durable.base().index() && found.base().index() <= discarded,
        "n%d had dropped its log up to %s, was about to up to %d, and finds it begins after %s",
        node.number(),
        durable.base(),
        discarded,
        found.base());
  }
}
