package dev.jangada.simulation.mutants;

import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.simulation.Fault;
import dev.jangada.simulation.KvApplication;
import dev.jangada.simulation.KvWorkload;
import dev.jangada.simulation.Simulation;
import dev.jangada.simulation.SimulationConfig;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/** What a variant of the implementation is run in. */
enum Circumstances {
  /** Those of the simulator's own campaigns: anything may be drawn but clients' leases. */
  RANDOM("any"),

  /**
   * Busy clients, a new leader several times a second, and no pre-vote that would keep nodes with
   * old logs from trying.
   */
  ELECTIONS("many elections"),

  /** Lease reads, while the leadership changes hands in every way. */
  LEASES("leases"),

  /** Lease reads, while leaders are asked to hand over and lose touch at about the same time. */
  HANDOVERS("leases and hand-overs"),

  /** Messages that come long after they were sent, over changes of the leadership. */
  LATE("late messages"),

  /** Nodes that take snapshots all the time and need them after every absence. */
  SNAPSHOTS("snapshots"),

  /**
   * Busy clients, logs that are cut after every entry, and snapshots in so many pieces that there
   * are many entries more when the last one has arrived.
   */
  PIECES("snapshots in many pieces"),

  /** The same with more pieces on their way at a time, to nodes whose disks stand still. */
  HANGING_DISKS("snapshots to disks that hang"),

  /** Clients with leases, while the leadership changes hands, and nodes come and go. */
  CLIENT_LEASES("clients' leases"),

  /** A membership that changes all the time, over changes of the leadership. */
  MEMBERSHIP("membership changes");

  private static final long MILLIS = 1_000_000;

  private final String text;

  Circumstances(String text) {
    this.text = text;
  }

  /** In a few words. */
  String text() {
    return text;
  }

  /** Makes a run. */
  void run(long seed) {
    KvApplication application = KvApplication.random(new SplittableRandom(seed).split());
    KvWorkload workload = this == CLIENT_LEASES ? KvWorkload.withLeases(12) : new KvWorkload(4);
    new Simulation(config(seed), seed, application, workload).run();
  }

  private SimulationConfig config(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return switch (this) {
      case RANDOM -> SimulationConfig.random(random);
      case ELECTIONS ->
          busy(
              drawn(random, raft -> !raft.preVote() && !raft.checkQuorum()),
              5,
              EnumSet.of(Fault.LEADER_ISOLATION, Fault.PARTITION),
              200,
              400);
      case LEASES ->
          busy(
                  drawn(random, SimulationConfig.RaftSettings::leaseReads),
                  5,
                  EnumSet.of(
                      Fault.LEADERSHIP_TRANSFER,
                      Fault.LEADER_ISOLATION,
                      Fault.PARTITION,
                      Fault.ONE_WAY_PARTITION,
                      Fault.PARTIAL_PARTITION,
                      Fault.PAUSE,
                      Fault.CRASH,
                      Fault.CLOG),
                  100,
                  200)
              .withClients(6, 5 * MILLIS);
      case HANDOVERS ->
          busy(
                  drawn(random, SimulationConfig.RaftSettings::leaseReads),
                  3,
                  EnumSet.of(Fault.LEADERSHIP_TRANSFER, Fault.LEADER_ISOLATION),
                  20,
                  60)
              .withNetwork(new SimulationConfig.Network(MILLIS / 5, MILLIS / 2, 0, 0, false))
              .withClients(8, 3 * MILLIS);
      case LATE ->
          busy(
                  drawn(random, raft -> raft.preVote() && !raft.leaseReads()),
                  5,
                  EnumSet.of(
                      Fault.DELAY,
                      Fault.CLOG,
                      Fault.LEADER_ISOLATION,
                      Fault.PARTITION,
                      Fault.LEADERSHIP_TRANSFER),
                  80,
                  300)
              .withClients(4, 10 * MILLIS);
      case SNAPSHOTS ->
          busy(
                  drawn(random, raft -> true),
                  3,
                  EnumSet.of(
                      Fault.CRASH,
                      Fault.POWER_LOSS,
                      Fault.POWER_LOSS_WHILE_WRITING,
                      Fault.PARTITION,
                      Fault.LEADER_ISOLATION,
                      Fault.SNAPSHOT),
                  100,
                  200)
              .withSnapshots(
                  new SnapshotPolicy(
                      1 + random.nextInt(20),
                      random.nextInt(8),
                      20 + random.nextInt(300),
                      1 + random.nextInt(3)));
      case PIECES ->
          busy(drawn(random, raft -> true), 3, EnumSet.of(Fault.CRASH, Fault.PARTITION), 500, 500)
              .withNetwork(new SimulationConfig.Network(MILLIS / 5, MILLIS / 2, 0, 0, false))
              .withSnapshots(new SnapshotPolicy(1, 0, 8, 1));
      case HANGING_DISKS ->
          busy(
                  drawn(random, raft -> true),
                  3,
                  EnumSet.of(Fault.CRASH, Fault.PARTITION, Fault.HANGING_SYNC),
                  500,
                  1_500)
              .withNetwork(new SimulationConfig.Network(MILLIS / 5, MILLIS / 2, 0, 0, false))
              .withSnapshots(new SnapshotPolicy(1, 0, 8, 8));
      case CLIENT_LEASES ->
          busy(
                  drawn(random, SimulationConfig.RaftSettings::noop),
                  3,
                  EnumSet.of(
                      Fault.CRASH,
                      Fault.PAUSE,
                      Fault.LEADER_ISOLATION,
                      Fault.LEADERSHIP_TRANSFER,
                      Fault.SNAPSHOT),
                  300,
                  300)
              .withClients(4, 20 * MILLIS);
      case MEMBERSHIP ->
          busy(
                  drawn(random, raft -> true),
                  random.nextInt(2, 5),
                  EnumSet.of(
                      Fault.MEMBERSHIP,
                      Fault.CRASH,
                      Fault.PARTITION,
                      Fault.LEADER_ISOLATION,
                      Fault.SNAPSHOT),
                  100,
                  200)
              .withClients(4, 10 * MILLIS);
    };
  }

  /** The first random draw whose settings are as they have to be. */
  private static SimulationConfig drawn(
      SplittableRandom random, Predicate<SimulationConfig.RaftSettings> condition) {
    SimulationConfig drawn = SimulationConfig.random(random);
    while (!condition.test(drawn.raft())) {
      drawn = SimulationConfig.random(random);
    }
    return drawn;
  }

  private static SimulationConfig busy(
      SimulationConfig drawn, int nodes, Set<Fault> faults, long faultMillis, long outageMillis) {
    return new SimulationConfig(
        nodes,
        15,
        drawn.faultyNanos(),
        drawn.recoveryNanos(),
        2 * MILLIS,
        new SimulationConfig.Network(
            MILLIS / 5, drawn.network().meanJitterNanos(), 0, 0, drawn.network().inOrder()),
        MILLIS,
        faults,
        faultMillis * MILLIS,
        outageMillis * MILLIS,
        drawn.raft(),
        drawn.snapshots());
  }
}
