package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;
import java.util.stream.Stream;

/** Wrong ways to let clients' leases last and end. */
final class LeaseMutants {

  private static final String STOPWATCH = "dev.jangada.kv.LeaseStopwatch";
  private static final String LEASE = "dev.jangada.kv.Lease";
  private static final String BATCH = "dev.jangada.kv.LeaseBatch";
  private static final String EXECUTOR = "dev.jangada.kv.LeaseExecutor";
  private static final String STATE = "dev.jangada.kv.StoreState";

  static final List<Mutant> ALL =
      Stream.of(
              named(
                      "measures from its own last advance, whoever has led since",
                      "Time that others have counted does not count again (etcd#15247).")
                  .replacing(
                      STOPWATCH,
                      "} else if (mine != null || clock.millis() != clockMillis || clock.leases()"
                          + " == 0) {",
                      "} else if (clock.leases() == 0) {"),
              named("tells of the same time twice", "An advance begins where the one before ended.")
                  .replacing(STOPWATCH, "measuredTo = mine.measuredTo();", ""),
              named(
                      "begins to measure anew whenever it looks",
                      "Leases that nobody keeps alive end.")
                  .replacing(
                      STOPWATCH,
                      "} else if (mine != null || clock.millis() != clockMillis || clock.leases()"
                          + " == 0) {",
                      "} else {"),
              named(
                      "ends a lease when its time is over to the millisecond",
                      "The first advance after a lease was kept alive may tell of time before"
                          + " that.")
                  .replacing(
                      LEASE,
                      "SLACK_MILLIS = AdvanceLeaseClockRequest.MAX_MILLIS;",
                      "SLACK_MILLIS = 0;"),
              named(
                      "forgets the clock of leases in a restart",
                      "Leases are as old after a restart as before it.")
                  .replacing(
                      STATE,
                      "new LeaseState(in.getLong(), in.getLong(), in.getLong())",
                      "new LeaseState(0 * (in.getLong() + in.getLong()), 0, in.getLong())"),
              named(
                      "ends a lease by a deadline that is not its own any more",
                      "A lease that was kept alive has one deadline.")
                  .replacing(
                      BATCH,
                      "overlay.delete(Layout.deadlineKey(lease.deadlineMillis(), lease.id()));"
                          + " store(renewed);",
                      "store(renewed);"),
              named("ends a lease and leaves its keys", "The keys of a lease go with it.")
                  .replacing(
                      EXECUTOR,
                      "batch.delete(doomed); leases.remove(lease);",
                      "leases.remove(lease);"),
              named(
                      "deletes the keys of a lease one by one",
                      "The keys of a lease go at one revision.")
                  .replacing(
                      EXECUTOR,
                      "batch.delete(doomed); leases.remove(lease);",
                      "for (KeyValue one : doomed) {\nbatch.beginCommand();\n"
                          + "batch.delete(List.of(one));\n}\nleases.remove(lease);"),
              named(
                      "leaves a key with the lease that it had",
                      "A key belongs to the lease it was put for last, or to none.")
                  .replacing(BATCH, "overlay.delete(Layout.attachedKey(from, key));", ""))
          .map(mutant -> mutant.in(Circumstances.CLIENT_LEASES))
          .toList();

  private LeaseMutants() {}
}
