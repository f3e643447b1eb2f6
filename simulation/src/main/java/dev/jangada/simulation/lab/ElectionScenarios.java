package dev.jangada.simulation.lab;

import static dev.jangada.simulation.lab.LabScenarios.raft;

import java.util.List;

/** Part 2A: leaders are elected, and elected again. */
final class ElectionScenarios {

  private ElectionScenarios() {}

  static List<LabScenario> all() {
    return List.of(
        raft("2A", "InitialElection", "initial election", 3, ElectionScenarios::initialElection),
        raft(
            "2A", "ReElection", "election after network failure", 3, ElectionScenarios::reElection),
        raft("2A", "ManyElections", "multiple elections", 7, ElectionScenarios::manyElections));
  }

  private static void initialElection(Tester t) {
    t.checkOneLeader();
    // Followers hear of the election a little later than its winner.
    t.sleepMillis(50);
    long term = t.checkTerms();
    if (term < 1) {
      throw LabFailure.of("the term is %d, but should be at least 1", term);
    }
    // Without failures there is still a leader; that its term be the same is desired, not required.
    t.sleepMillis(2 * Tester.ELECTION_MILLIS);
    t.checkTerms();
    t.checkOneLeader();
  }

  private static void reElection(Tester t) {
    int first = t.checkOneLeader();
    // Without its leader the cluster elects another one.
    t.cut(first);
    t.checkOneLeader();
    // The old leader comes back and joins the new one.
    t.connect(first);
    int second = t.checkOneLeader();
    // Without a majority nobody is elected.
    int other = (second + 1) % t.size();
    t.cut(second);
    t.cut(other);
    t.sleepMillis(2 * Tester.ELECTION_MILLIS);
    t.checkNoLeader();
    // With one, somebody is.
    t.connect(other);
    t.checkOneLeader();
    t.connect(second);
    t.checkOneLeader();
  }

  private static void manyElections(Tester t) {
    t.checkOneLeader();
    for (int round = 1; round < 10; round++) {
      int one = t.random().nextInt(t.size());
      int two = t.random().nextInt(t.size());
      int three = t.random().nextInt(t.size());
      t.cut(one);
      t.cut(two);
      t.cut(three);
      // Either the leader is still there, or the majority that is left elects one.
      t.checkOneLeader();
      t.connect(one);
      t.connect(two);
      t.connect(three);
    }
    t.checkOneLeader();
  }
}
