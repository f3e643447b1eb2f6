package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to read. */
final class ReadMutants {

  private static final String RAFT = "dev.jangada.raft.Raft";
  private static final String ROLE = "dev.jangada.raft.Role";
  private static final String READS = "dev.jangada.raft.LinearizableReads";
  private static final String ROUNDS = "dev.jangada.raft.ReadRounds";
  private static final String DRIVER = "dev.jangada.node.driver.RaftDriver";
  private static final String PENDING = "dev.jangada.node.driver.PendingReads";

  static final List<Mutant> ALL =
      List.of(
          named(
                  "reads without asking anybody",
                  "A leader asks a majority whether it still leads before it answers a read"
                      + " (dissertation, 6.4).")
              .replacing(
                  READS,
                  "return config.leaseReads() && !leader.leaseForfeited",
                  "return true || !leader.leaseForfeited"),
          named(
                  "reads before it has committed in its term",
                  "No read is answered before the leader has committed an entry of its term"
                      + " (etcd#7331, tikv#9239).")
              .replacing(ROLE, "return log.term(log.committed()) == term;", "return true;"),
          named(
                  "reads before it has applied",
                  "A read waits until this node has applied what the leader said is committed.")
              .replacing(
                  PENDING, "} else if (state.index() <= appliedIndex) {", "} else if (true) {"),
          named(
                  "uses a read's number again",
                  "The number of a read is never used again, neither when it is repeated nor after"
                      + " a restart (etcd#20418, etcd#21399).")
              .replacing(
                  DRIVER,
                  "raft.readIndex(reads.ask(nextNumber++, tick));",
                  "raft.readIndex(reads.ask(1, tick));"),
          named(
                  "keeps its lease in a transfer",
                  "A leader gives up its lease before it tells another node to campaign at once"
                      + " (dissertation, 6.4.1).")
              .replacing(RAFT, "leader.leaseForfeited = true;", "")
              .in(Circumstances.HANDOVERS),
          named(
                  "holds its lease for ever",
                  "Whether a lease still holds is checked with every read (etcd#12704).")
              .replacing(
                  ROUNDS,
                  "return leaseKnown && nowNanos - leaseBeganNanos < leaseNanos;",
                  "return leaseKnown;")
              .in(Circumstances.LEASES),
          named(
                  "takes no time that is below zero",
                  "A monotonic clock may begin anywhere, and a lease ends by it all the same.")
              .replacing(
                  READS,
                  "if (!isTimeKnown || monotonicNanos - nowNanos > 0) {",
                  "if (monotonicNanos - nowNanos > 0) {")
              .replacing(
                  READS, "private boolean isTimeKnown;", "private boolean isTimeKnown = true;")
              .in(Circumstances.LEASES),
          named(
                  "forgets in a restart that a lease may rely on it",
                  "A restarted node, too, waits an election timeout before it votes where leases"
                      + " rely on that (dissertation, 6.4.1).")
              .replacing(
                  RAFT,
                  "this.leaderSilence = config.leaseReads() ? 0 : config.electionTimeoutTicks();",
                  "this.leaderSilence = config.electionTimeoutTicks();")
              .in(Circumstances.LEASES),
          named(
                  "forgets its leader with the term",
                  "A node that learns of a newer term still owes the leader of the older one the"
                      + " time that its lease relies on.")
              .replacing(
                  RAFT,
                  "term = newTerm; vote = HardState.NO_VOTE;",
                  "term = newTerm;\nvote = HardState.NO_VOTE;\n"
                      + "leaderSilence = config.electionTimeoutTicks();")
              .in(Circumstances.LATE));

  private ReadMutants() {}
}
