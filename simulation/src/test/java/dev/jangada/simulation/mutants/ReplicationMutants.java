package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to replicate and to commit. */
final class ReplicationMutants {

  private static final String RAFT = "dev.jangada.raft.Raft";
  private static final String LOG = "dev.jangada.raft.RaftLog";
  private static final String REPLICATION = "dev.jangada.raft.Replication";
  private static final String PROGRESS = "dev.jangada.raft.Progress";
  private static final String QUORUM = "dev.jangada.raft.Quorum";

  static final List<Mutant> ALL =
      List.of(
          named(
                  "sends entries with the next heartbeat",
                  "Nothing waits for a timer that could go now (hashicorp/raft#541).")
              .replacing(
                  REPLICATION,
                  "progress.next <= log.last() && !replicate.window.isFull();",
                  "progress.heartbeatDue\n&& progress.next <= log.last()\n"
                      + "&& !replicate.window.isFull();"),
          named(
                  "sends one entry at a time",
                  "Entries that wait go together: with many under way batches grow"
                      + " (hashicorp/raft#541).")
              .replacing(
                  REPLICATION,
                  "log.from(progress.next, config.maxAppendBytes())",
                  "log.from(progress.next, 1)"),
          named(
                  "commits entries of earlier terms by counting",
                  "Only entries of the current term are committed by counting replicas (paper,"
                      + " Figure 8; logcabin#44).")
              .replacing(
                  RAFT,
                  "if (index <= log.committed() || log.term(index) != term) {",
                  "if (index <= log.committed()) {"),
          named(
                  "commits with half of an even number",
                  "The commit index is what a majority has reached, computed from what each has"
                      + " (openraft#1802).")
              .replacing(
                  QUORUM,
                  "return values[values.length - majority(values.length)];",
                  "return values[values.length / 2];"),
          named(
                  "takes entries for replicated once they are sent",
                  "What a follower has is what it acknowledged.")
              .replacing(PROGRESS, "match = index;", "match = next - 1;"),
          named(
                  "commits whatever it has",
                  "A follower's commit index never passes what this leader has verified, empty"
                      + " appends included (scylladb#9965).")
              .replacing(
                  RAFT,
                  "long commit = Math.min(m.commit(), verified);",
                  "long commit = Math.min(m.commit(), log.last());"),
          named(
                  "lets the commit index go back",
                  "A commit index never goes back, whatever late messages say.")
              .replacing(
                  RAFT,
                  "if (commit > log.committed()) { log.commit(commit); }",
                  "log.commit(commit);"),
          named(
                  "cuts its log off after each append",
                  "A late or repeated append never removes entries that match"
                      + " (hashicorp/raft#113).")
              .replacing(
                  LOG,
                  "append(entry); } } private void truncateFrom(",
                  """
                  append(entry);
                  }
                  if (!entries.isEmpty() && entries.getLast().index() < last) {
                    truncateFrom(entries.getLast().index() + 1);
                  }
                  }

                  private void truncateFrom(\
                  """),
          named(
                  "accepts appends wherever they begin",
                  "A follower takes entries only after the entry that precedes them at the leader"
                      + " (paper, 5.3).")
              .replacing(
                  RAFT,
                  "if (!beginsBeforeLog && !log.has(previous)) {",
                  "if (previous.index() > log.last()) {"),
          named(
                  "does not write again what was replaced",
                  "What is written is contiguous, also where a suffix was replaced (logcabin#160).")
              .replacing(LOG, "handedOut = Math.min(handedOut, last);", ""),
          named(
                  "takes what was replaced for durable",
                  "Truncation lowers what counts as written (rabbitmq/ra#637).")
              .replacing(LOG, "durable = Math.min(durable, last);", ""),
          named(
                  "believes a receipt of an earlier term",
                  "A receipt for an older write never covers entries that were rewritten since (the"
                      + " ABA of asynchronous writes).")
              .replacing(RAFT, "if (receipt.term() == term) {", "if (receipt.term() <= term) {"),
          named(
                  "ignores a refusal while it pipelines",
                  "A refused pipelined append never wedges the pipeline (pyroscope#5518).")
              .replacing(
                  PROGRESS,
                  "case Replicate replicate -> previousIndex >= next;",
                  "case Replicate replicate -> true;"),
          named(
                  "backs up one entry too few",
                  "After a refusal the leader tries further back, until the logs match.")
              .replacing(
                  RAFT,
                  "progress.becomeProbe(Math.min(guess, m.previousIndex()), log.base());",
                  "progress.becomeProbe(Math.min(guess, m.previousIndex()) + 1, log.base());"));

  private ReplicationMutants() {}
}
