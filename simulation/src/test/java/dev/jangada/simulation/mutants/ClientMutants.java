package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to apply commands and to answer those who sent them. */
final class ClientMutants {

  private static final String COMMANDS = "dev.jangada.node.driver.PendingCommands";
  private static final String PROPOSED = "dev.jangada.node.driver.ProposedCommands";
  private static final String MACHINE = "dev.jangada.kv.KvStateMachine";
  private static final String BATCH = "dev.jangada.kv.MvccBatch";
  private static final String EXECUTOR = "dev.jangada.kv.CommandExecutor";

  static final List<Mutant> ALL =
      List.of(
          named(
                  "sends a command again when the leader changes",
                  "A command whose outcome is unknown is never sent again on the quiet (etcd#18424,"
                      + " jetcd#1444).")
              .replacing(
                  COMMANDS,
                  "void offer(long tick) {",
                  "void offer(long tick) {\ntakeBackForwardedBefore(raft.term());"),
          named(
                  "calls an unknown outcome a failure",
                  "A client is told that its command has no effect only if that is certain.")
              .replacing(COMMANDS, "return Failures.timeout(true);", "return Failures.noLeader();"),
          named(
                  "answers for another leader's entry",
                  "A command has taken effect if its own entry was committed, not if another one"
                      + " was at its index.")
              .replacing(PROPOSED, "if (queue.term() == entry.term()) {", "if (true) {"),
          named(
                  "applies by batch instead of by entry",
                  "Applying depends on nothing but the entries, so that all nodes come to the same"
                      + " state (etcd#14571).")
              .replacing(EXECUTOR, "batch.beginCommand(); Command bare", "Command bare"),
          named(
                  "reads in a transaction what is compacted",
                  "What a transaction reads must not be compacted, whether or not it is still there"
                      + " on this member (etcd#18667).")
              .replacing(
                  EXECUTOR,
                  "Optional<KvError> error = checkIfRange(operation);",
                  "Optional<KvError> error = Optional.empty();"),
          named(
                  "tells in its answers how much was applied at once",
                  "All members give the same answers.")
              .replacing(
                  MACHINE,
                  "results.add(ResultCodec.encode(result));",
                  """
                  results.add(
                      ResultCodec.encode(
                          result instanceof dev.jangada.kv.command.DeleteRangeResponse delete
                              ? new dev.jangada.kv.command.DeleteRangeResponse(
                                  delete.revision(), delete.deleted() * entries.size(), List.of())
                              : result));\
                  """),
          named(
                  "writes the applied index after the data",
                  "The applied index is written in one step with the data that it describes"
                      + " (etcd#13766, etcd#14685, etcd#17780).")
              .replacing(
                  BATCH,
                  "batch.put(Layout.STATE_KEY, after.encode()); batch.commit(); }",
                  "batch.commit();\n}\ntry (OrderedStore.Batch batch = store.newBatch()) {\n"
                      + "batch.put(Layout.STATE_KEY, after.encode());\nbatch.commit();\n}"),
          named(
                  "tells watchers of the last event twice",
                  "Watchers are told of each event once (etcd#15271).")
              .replacing(
                  MACHINE,
                  "listener.committed(batch.revision(), batch.events());",
                  "listener.committed(batch.revision(), "
                      + "java.util.stream.Stream.concat("
                      + "batch.events().stream(), batch.events().reversed().stream().limit(1)) "
                      + ".toList());"),
          named(
                  "tells watchers only of the last event of a batch",
                  "Watchers are told of every event, however many are applied at once"
                      + " (etcd#15220).")
              .replacing(
                  MACHINE,
                  "listener.committed(batch.revision(), batch.events());",
                  "listener.committed(\nbatch.revision(),\n"
                      + "batch.events().reversed().stream().limit(1).toList());"),
          named(
                  "tells watchers of the events of a batch in the wrong order",
                  "Watchers are told of events in the order of their revisions (etcd#17529).")
              .replacing(
                  MACHINE,
                  "listener.committed(batch.revision(), batch.events());",
                  "listener.committed(batch.revision(), batch.events().reversed());"));

  private ClientMutants() {}
}
