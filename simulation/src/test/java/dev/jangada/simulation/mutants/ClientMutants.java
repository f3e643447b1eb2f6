package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to apply commands and to answer those who sent them. */
final class ClientMutants {

  private static final String DRIVER = "dev.jangada.node.RaftDriver";
  private static final String PROPOSED = "dev.jangada.node.ProposedCommands";
  private static final String EXECUTOR = "dev.jangada.kv.CommandExecutor";

  static final List<Mutant> ALL =
      List.of(
          named(
                  "sends a command again when the leader changes",
                  "A command whose outcome is unknown is never sent again on the quiet (etcd#18424,"
                      + " jetcd#1444).")
              .replacing(
                  DRIVER,
                  "leader = raft.leader();",
                  "leader = raft.leader();\ntakeBackForwardedBefore(term);"),
          named(
                  "calls an unknown outcome a failure",
                  "A client is told that its command has no effect only if that is certain.")
              .replacing(DRIVER, "yield Failures.timeout(true);", "yield Failures.noLeader();"),
          named(
                  "answers for another leader's entry",
                  "A command has taken effect if its own entry was committed, not if another one"
                      + " was at its index.")
              .replacing(PROPOSED, "if (queue.term() == entry.term()) {", "if (true) {"),
          named(
                  "applies by batch instead of by entry",
                  "Applying depends on nothing but the entries, so that all nodes come to the same"
                      + " state (etcd#14571).")
              .replacing(EXECUTOR, "batch.beginCommand(); return switch", "return switch"));

  private ClientMutants() {}
}
