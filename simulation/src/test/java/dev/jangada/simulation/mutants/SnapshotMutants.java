package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to take, send and install snapshots, and to cut the log off behind them. */
final class SnapshotMutants {

  private static final String RAFT = "dev.jangada.raft.Raft";
  private static final String LOG = "dev.jangada.raft.RaftLog";
  private static final String PROGRESS = "dev.jangada.raft.Progress";
  private static final String COORDINATOR = "dev.jangada.node.snapshot.SnapshotCoordinator";
  private static final String RECEIVER = "dev.jangada.node.snapshot.SnapshotReceiver";
  private static final String COMPACTION = "dev.jangada.node.snapshot.LogCompaction";
  private static final String STORAGE = "dev.jangada.node.NodeStorage";
  private static final String DRIVER = "dev.jangada.node.driver.RaftDriver";
  private static final String STORE = "dev.jangada.storage.SnapshotStore";
  private static final String WRITER = "dev.jangada.storage.SnapshotWriter";

  static final List<Mutant> ALL =
      List.of(
          in(
                  "cuts its log before the snapshot is durable",
                  "A snapshot is durable before the log that it covers is released (etcd#10219,"
                      + " hashicorp/raft#85).")
              .replacing(
                  COORDINATOR,
                  "beingSaved = snapshot;",
                  "beingSaved = snapshot;\ncompaction.safeUpTo(last.index());"),
          in(
                  "cuts off what the state machine may lose",
                  "The log begins no later than what is durable of the state (etcd#10219).")
              .replacing(
                  COMPACTION,
                  "return Math.min(safe, applied - policy.retainedEntries());",
                  "return applied - policy.retainedEntries();")
              .replacing(COMPACTION, "upTo <= safe && upTo <= applied,", "upTo <= applied,"),
          in(
                  "names a snapshot that is not synced",
                  "A snapshot is durable when it gets its name (etcd#10219).")
              .replacing(
                  WRITER,
                  "SnapshotFormat.trailerOffset(size)); file.sync();",
                  "SnapshotFormat.trailerOffset(size));"),
          in(
                  "does not sync the directory of its snapshots",
                  "The new snapshot's name is durable before the old one is deleted and the log"
                      + " released.")
              .replacing(
                  STORE,
                  "SnapshotFormat.fileName(last)); disk.syncDirectory();",
                  "SnapshotFormat.fileName(last));"),
          in(
                  "deletes the old snapshot first",
                  "There is always one whole snapshot, whenever the power fails.")
              .replacing(
                  STORE,
                  "disk.rename(unfinished, SnapshotFormat.fileName(last));",
                  "SnapshotFile old = latest; if (old != null) { disk.delete(old.name()); } "
                      + "disk.syncDirectory(); "
                      + "disk.rename(unfinished, SnapshotFormat.fileName(last));")
              .replacing(
                  STORE,
                  "disk.delete(superseded.name()); superseded.close();",
                  "superseded.close();"),
          in(
                  "takes the base of its log for an entry of term 0",
                  "The term of the last entry that was cut off is kept: what follows is compared"
                      + " with it.")
              .replacing(
                  LOG,
                  "return index == base.index() ? base.term() : terms.term(index);",
                  "return index == base.index() ? 0 : terms.term(index);"),
          in(
                  "installs a snapshot of what it has",
                  "A snapshot that says nothing new is not installed: it would take back what was"
                      + " acknowledged.")
              .replacing(
                  RAFT,
                  "boolean needed = last.index() > log.committed() && !log.has(last);",
                  "boolean needed = last.index() > log.base().index();")
              .replacing(LOG, "snapshot.index() > committed,", "snapshot.index() > base.index(),"),
          in(
                  "keeps a log that conflicts with the snapshot",
                  "A log that does not have the snapshot's last entry is replaced by it (paper,"
                      + " section 7).")
              .replacing(STORAGE, "return found.term() != id.term();", "return false;")
              .replacing(STORAGE, "if (id.index() > log.last().index()) { return true; }", ""),
          in(
                  "goes on before the log begins after the snapshot",
                  "There is never a gap between snapshot and log: a snapshot is installed when both"
                      + " are durable (openraft#753).")
              .replacing(
                  DRIVER,
                  "logWriter.write(new LogWriter.Write(lastWrite, null, List.of(), 0, snapshot));",
                  "logWriter.write(new LogWriter.Write(lastWrite, null, List.of(), 0, null));"),
          in(
                  "applies what it has on top of an older state",
                  "The state machine is restored before the log goes on after the snapshot.")
              .replacing(STORAGE, "stateMachine.restore(snapshot.index(), in);", "in.available();"),
          in(
                  "takes every piece for the next one",
                  "Pieces of a snapshot are put together in order, each once.")
              .replacing(
                  RECEIVER,
                  "if (open && offset == taken &&",
                  "if (open && data.length <= total - taken &&"),
          in("mixes two snapshots", "Pieces of different snapshots are never put together.")
              .replacing(
                  RECEIVER,
                  "if (from != sender || inTerm != term || !ofLast.equals(last) || ofTotal !="
                      + " total) {",
                  "if (total == 0) {"),
          named(
                  "acknowledges what its disk was only given",
                  "A disk that stands still is not given more and more of a snapshot.")
              .in(Circumstances.HANGING_DISKS)
              .replacing(
                  RECEIVER,
                  "outlet.acknowledge(from, last, stored);",
                  "outlet.acknowledge(from, last, taken);"),
          named(
                  "sends one snapshot after another to a slow follower",
                  "Entries after a snapshot that is under way are kept, so that one does not follow"
                      + " on another without end (etcd#4055, openraft#1706).")
              .in(Circumstances.PIECES)
              .replacing(
                  COORDINATOR,
                  "Math.min(sender.needed(), neededToInstall(status))",
                  "Long.MAX_VALUE")
              .replacing(
                  COMPACTION,
                  "if (follower.reachable() && follower.match() >= cut) {",
                  "if (follower.match() < 0) {"),
          named(
                  "goes on with a campaign while a snapshot is installed",
                  "A node that lacks what is committed does not campaign: who votes may have"
                      + " changed as well.")
              .in(Circumstances.HANGING_DISKS)
              .replacing(RAFT, "endCampaign(\"a snapshot is being installed\");", ""),
          in(
                  "gives up after a snapshot that failed",
                  "A follower gets its snapshot in the end, however often that fails.")
              .replacing(PROGRESS, "snapshot.underWay = false;", ""));

  private SnapshotMutants() {}

  private static Mutant in(String name, String mustHold) {
    return named(name, mustHold).in(Circumstances.SNAPSHOTS);
  }
}
