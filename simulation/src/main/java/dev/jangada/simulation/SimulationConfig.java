package dev.jangada.simulation;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The circumstances of a run. Times are in nanoseconds of virtual time.
 *
 * @param nodes how many, at least 1
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
    RaftSettings raft) {

  private static final long MILLIS = 1_000_000;

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
   */
  public record RaftSettings(
      boolean preVote,
      boolean checkQuorum,
      boolean leaseReads,
      boolean smallLimits,
      int segmentBytes) {

    /** What a user gets who sets nothing. */
    public static final RaftSettings USUAL = new RaftSettings(true, true, false, false, 1 << 20);
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
        RaftSettings.USUAL);
  }

  /**
   * Circumstances drawn at random. Every draw allows only some of the faults: a run with all of
   * them seldom gets as far as the states that a few of them lead to (Groce et al., "Swarm
   * Testing", ISSTA'12).
   */
  public static SimulationConfig random(RandomGenerator random) {
    Set<Fault> faults = EnumSet.noneOf(Fault.class);
    for (Fault fault : Fault.values()) {
      if (random.nextInt(100) < 40) {
        faults.add(fault);
      }
    }
    boolean checkQuorum = random.nextInt(4) > 0;
    return new SimulationConfig(
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
            random.nextBoolean() ? 8 << 10 : 1 << 20));
  }
}
