package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Plays many {@link RandomCluster}s. {@code -Djangada.seeds=N} plays that many; {@code
 * -Djangada.seed=N} plays one again, exactly.
 */
class RaftClusterPropertyTest {
  private static final int STEPS = 6000;

  @Test
  void promisesOfRaftHoldUnderRandomFaultsAndWorkGoesOnAfterwards() {
    Long one = Long.getLong("jangada.seed");
    if (one != null) {
      play(one);
      return;
    }
    long seeds = Long.getLong("jangada.seeds", 600);
    long entries = 0;
    long reads = 0;
    long terms = 0;
    long sent = 0;
    long installed = 0;
    long changes = 0;
    long joint = 0;
    for (long seed = 1; seed <= seeds; seed++) {
      RandomCluster cluster = play(seed);
      entries += cluster.committed();
      reads += cluster.readsServed;
      terms += cluster.terms();
      sent += cluster.snapshotsSent;
      installed += cluster.snapshotsInstalled;
      changes += cluster.changes;
      joint += cluster.jointConfigurations;
    }
    System.out.printf(
        "%d random clusters: %d terms with a leader, %d entries committed, %d reads served,"
            + " %d snapshots sent, %d installed, %d configurations committed, %d of them joint%n",
        seeds, terms, entries, reads, sent, installed, changes, joint);
    if (seeds >= 100) {
      assertThat(joint).as("joint configurations").isGreaterThan(seeds / 40);
    }
  }

  private static RandomCluster play(long seed) {
    RandomCluster cluster = new RandomCluster(seed);
    try {
      cluster.run(STEPS);
      cluster.heal();
    } catch (AssertionError | InvariantViolation | RuntimeException e) {
      throw new AssertionError(
          "seed "
              + seed
              + " fails; again with: mvn -pl raft test -Dtest=RaftClusterPropertyTest"
              + " -Djangada.seed="
              + seed,
          e);
    }
    return cluster;
  }
}
