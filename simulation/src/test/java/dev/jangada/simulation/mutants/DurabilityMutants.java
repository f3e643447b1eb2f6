package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to use a disk. */
final class DurabilityMutants {

  private static final String RAFT = "dev.jangada.raft.Raft";
  private static final String OUTBOX = "dev.jangada.raft.Outbox";
  private static final String LOG = "dev.jangada.raft.RaftLog";
  private static final String DRIVER = "dev.jangada.node.driver.RaftDriver";
  private static final String SEGMENT = "dev.jangada.storage.Segment";
  private static final String WAL = "dev.jangada.storage.WriteAheadLog";
  private static final String RECOVERY = "dev.jangada.storage.Recovery";
  private static final String FRAMES = "dev.jangada.storage.Frames";

  static final List<Mutant> ALL =
      List.of(
          named(
                  "acknowledges entries before they are durable",
                  "Entries are on disk before they are acknowledged (paper, Figure 2).")
              .replacing(OUTBOX, "sendAfterPersist.add(accepted);", "sendNow.add(accepted);"),
          named(
                  "sends promises without waiting for the disk",
                  "What promises something leaves a node only after the writes that it rests on.")
              .replacing(DRIVER, "if (lastWritten == lastWrite) {", "if (true) {"),
          named(
                  "waits for all writes but the last",
                  "What promises something waits for the writes of its own Ready, too.")
              .replacing(
                  DRIVER,
                  "unsentPromises.add(new UnsentPromises(lastWrite, ready.sendAfterPersist(),"
                      + " receipt));",
                  "unsentPromises.add(\n"
                      + "new UnsentPromises(lastWrite - 1, ready.sendAfterPersist(), receipt));"),
          named(
                  "a leader counts itself before its own sync",
                  "A leader counts itself among the majority once its own disk has the entry; a"
                      + " cluster of one answers nobody before its sync (etcd#14370).")
              .replacing(
                  RAFT,
                  "leader.followers.reachedByMajority(log.durable(),",
                  "leader.followers.reachedByMajority(log.last(),"),
          named(
                  "applies what is not durable here",
                  "Entries are applied only when they are durable on this node, too.")
              .replacing(
                  LOG,
                  "return applying < Math.min(committed, durable);",
                  "return applying < committed;")
              .replacing(
                  LOG,
                  "read(applying + 1, Math.min(committed, durable) + 1, maxBytes);",
                  "read(applying + 1, committed + 1, maxBytes);"),
          named(
                  "writes the term after the entries",
                  "A term is never durable after entries that carry it.")
              .replacing(
                  RAFT,
                  "HardState hardState = null; if (hardStateChanged()) {",
                  "HardState hardState = null;\nif (hardStateChanged() && !log.hasUnwritten()) {"),
          named(
                  "goes on after a failed sync",
                  "A failed sync stops the node; it is never tried again as if nothing had happened"
                      + " (fsyncgate; Rebello et al., ATC'20).")
              .replacing(
                  SEGMENT,
                  "file.sync(); durable = (int) base;",
                  "try {\n  file.sync();\n} catch (IOException e) {\n  file.sync();\n}\n"
                      + "durable = (int) base;"),
          named("does not sync", "What was synced is there after a loss of power.")
              .replacing(SEGMENT, "file.sync(); durable = (int) base;", "durable = (int) base;"),
          named("does not sync the directory", "A rename is followed by a sync of the directory.")
              .replacing(SEGMENT, "disk.syncDirectory();", ""),
          named(
                  "leaves a segment without syncing it",
                  "A segment is durable to its end before the next one is begun.")
              .replacing(
                  WAL,
                  "boolean toSync = active.isUnsynced(); active.sync();",
                  "boolean toSync = active.isUnsynced();\nactive.flush();"),
          named(
                  "reads a torn record as if it were whole",
                  "The torn end of the log is recognised and removed (etcd#5230).")
              .replacing(FRAMES, "return computed == payloadChecksum;", "return true;"),
          named(
                  "takes the torn end of the log for damage",
                  "The torn end of the log is repaired on start, however the crash left it"
                      + " (etcd#11488).")
              .replacing(
                  RECOVERY,
                  "reader.readHeader(at) && reader.durable() > scan.end()",
                  "reader.readHeader(at)"),
          named(
                  "trusts what it reads after a crash",
                  "What recovery believes it first makes durable: after a failed sync the system"
                      + " shows data that is not on the disk.")
              .replacing(RECOVERY, "file.write(window.flip(), at);", ""),
          named(
                  "takes damage for the torn end of the log",
                  "Damage before the end of the log is never taken for a torn end (etcd#6378;"
                      + " Alagappan et al., FAST'18).")
              .replacing(
                  RECOVERY, "reader.readHeader(at) && reader.durable() > scan.end()", "false"));

  private DurabilityMutants() {}
}
