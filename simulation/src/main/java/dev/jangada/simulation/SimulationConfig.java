package dev.jangada.simulation;

import dev.jangada.node.snapshot.SnapshotPolicy;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The circumstances of a run. Times are in nanoseconds of virtual time.
 *
 * @param nodes how many begin the cluster, at least 1
 * @param clients how many, at least 1; each has one request under way at a time
 * @param faultyNanos how long faults happen
 * @param recoveryNanos how long after the last fault every node must serve again
 * @param thinkNanos mean pause of a client between two requests
 * @param network what messages go through
 * @param meanSyncNanos mean time that a disk takes for a sync
 * @param faults which faults may happen
 * @param meanFaultNanos mean time from one fault to the next
 * @param meanOutageNanos mean time that a fault lasts
 * @param raft the nodes' settings
 * @param snapshots when nodes take snapshots, what they keep of their logs, and how they send them,
 *     if the state machine supports that
 */
public record SimulationConfig(
    int nodes,
    int clients,
    long faultyNanos,
    long recoveryNanos,
    long thinkNanos,
    Network network,
    long meanSyncNanos,
    Set<Fault> faults,
    long meanFaultNanos,
    long meanOutageNanos,
    RaftSettings raft,
    SnapshotPolicy snapshots) {

  private static final long MILLIS = 1_000_000;

  /** From this length on a run is a long one. */
  private static final long LONG_NANOS = 60_000 * MILLIS;

  /** Shorter than usual, so that more elections happen in the same time. */
  private static final int ELECTION_TIMEOUT_TICKS = 15;

  private static final int HEARTBEAT_TICKS = 3;

  /** How many nodes there are to join the cluster, if its membership changes. */
  private static final int NEWCOMERS = 5;

  /**
   * How messages travel.
   *
   * @param minDelayNanos no message is faster
   * @param meanJitterNanos mean of the exponential delay beyond that
   * @param lossPercent of messages that get lost
   * @param duplicationPercent of messages, but forwarded proposals, that arrive twice
   * @param inOrder whether messages of one node to another arrive in the order of sending, as on a
   *     stream connection
   */
  public record Network(
      long minDelayNanos,
      long meanJitterNanos,
      int lossPercent,
      int duplicationPercent,
      boolean inOrder) {

    /** Fast, and loses nothing. */
    public static final Network HEALTHY = new Network(MILLIS / 5, MILLIS / 5, 0, 0, true);
  }

  /**
   * What the nodes' settings are where they differ from the usual ones.
   *
   * @param preVote as in {@link dev.jangada.raft.RaftConfig}
   * @param checkQuorum likewise
   * @param leaseReads likewise; the clocks of the simulated nodes differ by at most a twentieth
   * @param smallLimits whether all limits on bytes and messages are so small that they are met
   * @param segmentBytes size of the log's files
   * @param noop whether a new leader begins with an entry of its own; without one, what older terms
   *     left is committed no earlier than the next command
   * @param heartbeatTicks in ticks of ten milliseconds
   * @param electionTimeoutTicks likewise
   */
  public record RaftSettings(
      boolean preVote,
      boolean checkQuorum,
      boolean leaseReads,
      boolean smallLimits,
      int segmentBytes,
      boolean noop,
      int heartbeatTicks,
      int electionTimeoutTicks) {

    /** What a user gets who sets nothing. */
    public static final RaftSettings USUAL =
        new RaftSettings(true, true, false, false, 1 << 20, true, 10, 50);

    /** The same with other timeouts. */
    RaftSettings withTimeouts(int newHeartbeatTicks, int newElectionTimeoutTicks) {
      return new RaftSettings(
          preVote,
          checkQuorum,
          leaseReads,
          smallLimits,
          segmentBytes,
          noop,
          newHeartbeatTicks,
          newElectionTimeoutTicks);
    }
  }

  /** Checks that there is somebody to simulate. */
  public SimulationConfig {
    if (nodes < 1 || clients < 1) {
      throw new IllegalArgumentException("at least one node and one client, not " + nodes);
    }
    if (meanFaultNanos < 1 || meanOutageNanos < 1 || thinkNanos < 1 || meanSyncNanos < 1) {
      throw new IllegalArgumentException("mean times must be positive");
    }
    faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
  }

  /** Three nodes, five clients, every fault for ten seconds. */
  public static SimulationConfig usual() {
    return new SimulationConfig(
        3,
        5,
        10_000 * MILLIS,
        10_000 * MILLIS,
        5 * MILLIS,
        new Network(MILLIS / 5, MILLIS, 1, 1, false),
        MILLIS,
        EnumSet.allOf(Fault.class),
        300 * MILLIS,
        400 * MILLIS,
        RaftSettings.USUAL,
        new SnapshotPolicy(100, 50, 256, 4));
  }

  /**
   * Circumstances drawn at random. Every draw allows only some of the faults: a run with all of
   * them seldom gets as far as the states that a few of them lead to (Groce et al., "Swarm
   * Testing", ISSTA'12).
   */
  public static SimulationConfig random(RandomGenerator random) {
    Set<Fault> faults = EnumSet.noneOf(Fault.class);
    for (Fault fault : EnumSet.range(Fault.CRASH, Fault.SNAPSHOT)) {
      if (random.nextInt(100) < 40) {
        faults.add(fault);
      }
    }
    boolean checkQuorum = random.nextInt(4) > 0;
    SimulationConfig drawn =
        new SimulationConfig(
            List.of(1, 2, 3, 3, 3, 3, 4, 5, 5, 5).get(random.nextInt(10)),
            1 + random.nextInt(6),
            8_000 * MILLIS,
            10_000 * MILLIS,
            (1 + random.nextInt(20)) * MILLIS,
            new Network(
                random.nextInt(1, 2_000_000),
                random.nextInt(1, 5_000_000),
                random.nextBoolean() ? 0 : random.nextInt(10),
                random.nextBoolean() ? 0 : random.nextInt(10),
                random.nextBoolean()),
            random.nextInt(10_000, 5_000_000),
            faults,
            random.nextInt(50, 800) * MILLIS,
            random.nextInt(50, 1_000) * MILLIS,
            new RaftSettings(
                random.nextInt(4) > 0,
                checkQuorum,
                checkQuorum && random.nextBoolean(),
                random.nextBoolean(),
                random.nextBoolean() ? 8 << 10 : 1 << 20,
                // Without it nothing is committed, and no read answered, until somebody writes.
                random.nextInt(4) > 0,
                HEARTBEAT_TICKS,
                ELECTION_TIMEOUT_TICKS),
            randomSnapshots(random));
    return random.nextInt(100) < 30 ? drawn.with(Fault.MEMBERSHIP) : drawn;
  }

  /**
   * Numbers so small that logs are cut, and that whoever was away for a moment needs a snapshot;
   * sometimes there are none.
   */
  private static SnapshotPolicy randomSnapshots(RandomGenerator random) {
    if (random.nextInt(4) == 0) {
      return SnapshotPolicy.NONE;
    }
    return new SnapshotPolicy(
        1 + random.nextInt(random.nextBoolean() ? 10 : 200),
        random.nextBoolean() ? random.nextInt(5) : random.nextInt(100),
        1 + random.nextInt(random.nextBoolean() ? 100 : 5_000),
        1 + random.nextInt(4));
  }

  /**
   * Circumstances drawn at random for a run of another length. In a longer one everything happens
   * more slowly, so that it does not become as many times more expensive: what was a burst of
   * faults is now spread out, and what a node has to find again on its disk is larger. Where that
   * makes a difference, nodes have the timeouts that they have in production, and clients do not
   * ask more often than a hundred times a second.
   */
  public static SimulationConfig random(RandomGenerator random, long faultyNanos) {
    SimulationConfig drawn = random(random);
    double slower = Math.max(1, Math.sqrt((double) faultyNanos / drawn.faultyNanos()));
    long thinkNanos = (long) (drawn.thinkNanos() * slower);
    SimulationConfig slowed =
        drawn
            .withFaultyNanos(faultyNanos)
            .withClients(drawn.clients(), thinkNanos)
            .withFaults(
                drawn.faults(), (long) (drawn.meanFaultNanos() * slower), drawn.meanOutageNanos())
            .withSnapshots(seldomer(drawn.snapshots(), slower));
    return faultyNanos < LONG_NANOS
        ? slowed
        : slowed
            .withClients(drawn.clients(), Math.max(thinkNanos, 10 * MILLIS * drawn.clients()))
            .withRaft(
                drawn
                    .raft()
                    .withTimeouts(
                        RaftSettings.USUAL.heartbeatTicks(),
                        RaftSettings.USUAL.electionTimeoutTicks()));
  }

  private static SnapshotPolicy seldomer(SnapshotPolicy drawn, double times) {
    return drawn.equals(SnapshotPolicy.NONE)
        ? drawn
        : new SnapshotPolicy(
            (long) (drawn.snapshotEntries() * times),
            drawn.retainedEntries(),
            drawn.chunkBytes(),
            drawn.windowChunks());
  }

  private SimulationConfig with(Fault fault) {
    Set<Fault> more = EnumSet.of(fault);
    more.addAll(faults);
    return withFaults(more, meanFaultNanos, meanOutageNanos);
  }

  /** How many nodes there are, those included that may join the cluster. */
  int computers() {
    return nodes + (faults.contains(Fault.MEMBERSHIP) ? NEWCOMERS : 0);
  }

  /** The same with so many nodes. */
  public SimulationConfig withNodes(int newNodes) {
    return changed(copy -> copy.nodes = newNodes);
  }

  /** The same with so many clients, which make a pause of this mean length between requests. */
  public SimulationConfig withClients(int newClients, long newThinkNanos) {
    return changed(copy -> {
      copy.clients = newClients;
      copy.thinkNanos = newThinkNanos;
    });
  }

  /** The same with another length of the phase in which faults happen. */
  public SimulationConfig withFaultyNanos(long newFaultyNanos) {
    return changed(copy -> copy.faultyNanos = newFaultyNanos);
  }

  /** The same with other faults: of these kinds, so far apart in the mean and so long. */
  public SimulationConfig withFaults(
      Set<Fault> newFaults, long newMeanFaultNanos, long newMeanOutageNanos) {
    return changed(copy -> {
      copy.faults = newFaults;
      copy.meanFaultNanos = newMeanFaultNanos;
      copy.meanOutageNanos = newMeanOutageNanos;
    });
  }

  /** The same with another network. */
  public SimulationConfig withNetwork(Network newNetwork) {
    return changed(copy -> copy.network = newNetwork);
  }

  /** The same with other settings of the nodes. */
  public SimulationConfig withRaft(RaftSettings newRaft) {
    return changed(copy -> copy.raft = newRaft);
  }

  /** The same with another way to take and send snapshots. */
  public SimulationConfig withSnapshots(SnapshotPolicy newSnapshots) {
    return changed(copy -> copy.snapshots = newSnapshots);
  }

  private SimulationConfig changed(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.toConfig();
  }

  /** A copy on its way to be another one. */
  private static final class Copy {
    private final long recoveryNanos;
    private final long meanSyncNanos;
    private int nodes;
    private int clients;
    private long faultyNanos;
    private long thinkNanos;
    private Network network;
    private Set<Fault> faults;
    private long meanFaultNanos;
    private long meanOutageNanos;
    private RaftSettings raft;
    private SnapshotPolicy snapshots;

    private Copy(SimulationConfig original) {
      nodes = original.nodes;
      clients = original.clients;
      faultyNanos = original.faultyNanos;
      recoveryNanos = original.recoveryNanos;
      thinkNanos = original.thinkNanos;
      network = original.network;
      meanSyncNanos = original.meanSyncNanos;
      faults = original.faults;
      meanFaultNanos = original.meanFaultNanos;
      meanOutageNanos = original.meanOutageNanos;
      raft = original.raft;
      snapshots = original.snapshots;
    }

    private SimulationConfig toConfig() {
      return new SimulationConfig(
          nodes,
          clients,
          faultyNanos,
          recoveryNanos,
          thinkNanos,
          network,
          meanSyncNanos,
          faults,
          meanFaultNanos,
          meanOutageNanos,
          raft,
          snapshots);
    }
  }
}
