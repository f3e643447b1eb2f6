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
        raft("2A", "ManyElections", "multiple elections", 7, ElectionScenarios::manyElections),
        raft(
            "2A",
            "PartialCutDirected",
            "links between some servers are cut for long",
            5,
            ElectionScenarios::partialCutDirected));
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

  /**
   * Not of the course: what pre-vote and the check of the quorum are for. A server that hears all
   * but its leader disturbs nobody; and where all hear one server only, that one takes over (the
   * outage of Cloudflare in 2020, and Howard and Abraham, "Raft does not Guarantee Liveness in the
   * face of Network Faults", 2020).
   */
  private static void partialCutDirected(Tester t) {
    int leader = t.checkOneLeader();
    t.one(101, t.size());
    long term = t.checkTerms();
    int lost = (leader + 1) % t.size();
    t.join(leader, lost, false);
    t.sleepMillis(5 * Tester.ELECTION_MILLIS);
    t.one(102, t.size() - 1);
    if (t.checkTerms() != term) {
      throw LabFailure.of("server %d hears all but its leader, and has ended term %d", lost, term);
    }
    t.join(leader, lost, true);
    t.one(103, t.size());

    int middle = (leader + 2) % t.size();
    joinAllBut(t, middle, false);
    t.sleepMillis(5 * Tester.ELECTION_MILLIS);
    int next = t.checkOneLeader();
    if (next != middle) {
      throw LabFailure.of("server %d reaches all others, and server %d leads", middle, next);
    }
    t.one(104, t.size());
    joinAllBut(t, middle, true);
    t.one(105, t.size());
  }

  /** Cuts or joins all links but those of one server. */
  private static void joinAllBut(Tester t, int middle, boolean on) {
    for (int one = 0; one < t.size(); one++) {
      for (int other = 0; other < one; other++) {
        if (one != middle && other != middle) {
          t.join(one, other, on);
        }
      }
    }
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
