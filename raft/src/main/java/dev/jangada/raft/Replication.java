package dev.jangada.raft;

import java.util.List;

/**
 * What a leader sends to one follower: entries as its window allows, or at least a sign of life.
 */
final class Replication {
  private final RaftConfig config;
  private final long term;
  private final RaftLog log;
  private final ReadRounds reads;

  /** For the leader of a term. */
  Replication(RaftConfig config, long term, RaftLog log, ReadRounds reads) {
    this.config = config;
    this.term = term;
    this.log = log;
    this.reads = reads;
  }

  /** Whether {@link #send} would do anything. */
  boolean owes(Progress progress) {
    boolean canAdvance =
        switch (progress.mode) {
          case Progress.Probe probe -> !probe.outstanding;
          case Progress.Replicate replicate ->
              progress.next <= log.last() && !replicate.window.isFull();
          case Progress.Snapshot snapshot -> progress.wantsSnapshot();
        };
    return canAdvance || owesEmptyAppend(progress);
  }

  private boolean owesEmptyAppend(Progress progress) {
    return progress.heartbeatDue
        || progress.sentRound < reads.current()
        || (progress.mode instanceof Progress.Replicate && progress.sentCommit < log.committed());
  }

  /** Brings a follower on as far as possible now. */
  void send(Progress progress, Outbox out) {
    boolean sent = false;
    switch (progress.mode) {
      case Progress.Probe probe -> {
        if (!probe.outstanding) {
          out.sendNow.add(append(progress, entriesFor(progress)));
          probe.outstanding = true;
          sent = true;
        }
      }
      case Progress.Replicate replicate -> {
        while (progress.next <= log.last() && !replicate.window.isFull()) {
          List<Entry> entries = entriesFor(progress);
          out.sendNow.add(append(progress, entries));
          long weight = 0;
          for (Entry entry : entries) {
            weight += entry.weight();
          }
          progress.next += entries.size();
          replicate.window.add(progress.next - 1, weight);
          sent = true;
        }
      }
      case Progress.Snapshot snapshot -> {
        if (progress.wantsSnapshot()) {
          snapshot.underWay = true;
          out.snapshotsWanted.add(progress.id);
        }
      }
    }
    if (!sent && owesEmptyAppend(progress)) {
      out.sendNow.add(append(progress, List.of()));
    }
  }

  private List<Entry> entriesFor(Progress progress) {
    return progress.next <= log.last()
        ? log.from(progress.next, config.maxAppendBytes())
        : List.of();
  }

  private Message append(Progress progress, List<Entry> entries) {
    boolean onlyTellsCommit =
        entries.isEmpty()
            && !progress.heartbeatDue
            && progress.sentRound == reads.current()
            && progress.mode instanceof Progress.Replicate;
    progress.heartbeatDue = false;
    progress.sentRound = reads.current();
    progress.sentCommit = log.committed();
    // Without an entry before it whose term is known, an append verifies nothing, and so lets the
    // follower commit nothing.
    EntryId previous =
        progress.mode instanceof Progress.Snapshot ? EntryId.NONE : log.id(progress.next - 1);
    return new Message.AppendRequest(
        config.id(),
        progress.id,
        term,
        previous,
        entries,
        log.committed(),
        reads.current(),
        !onlyTellsCommit);
  }
}
