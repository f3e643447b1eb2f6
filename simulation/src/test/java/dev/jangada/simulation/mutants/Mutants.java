package dev.jangada.simulation.mutants;

import java.util.List;
import java.util.stream.Stream;

/** All mutants there are, in the order of the table. */
final class Mutants {

  static final List<Mutant> ALL =
      Stream.of(
              ElectionMutants.ALL,
              ReplicationMutants.ALL,
              ReadMutants.ALL,
              DurabilityMutants.ALL,
              SnapshotMutants.ALL,
              MembershipMutants.ALL,
              ClientMutants.ALL,
              LeaseMutants.ALL)
          .flatMap(List::stream)
          .toList();

  private Mutants() {}
}
