package dev.jangada.simulation.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** All scenarios of the laboratory, in the course's order. */
public final class LabScenarios {

  /** What happens to a Raft cluster. */
  @FunctionalInterface
  interface RaftBody {
    void run(Tester tester) throws Exception;
  }

  private static final List<LabScenario> ALL = collect();

  private LabScenarios() {}

  private static List<LabScenario> collect() {
    List<LabScenario> all = new ArrayList<>();
    all.addAll(ElectionScenarios.all());
    all.addAll(ReplicationScenarios.all());
    all.addAll(PersistenceScenarios.all());
    all.addAll(SnapshotScenarios.all());
    all.addAll(KvScenarios.all());
    all.addAll(RsmScenarios.all());
    return List.copyOf(all);
  }

  /** A scenario with a cluster of so many servers, all started and connected. */
  static LabScenario raft(String part, String name, String title, int servers, RaftBody body) {
    return new LabScenario(part, name, title, world -> body.run(new Tester(world, servers)));
  }

  /** Likewise, of servers that take snapshots and cut their logs. */
  static LabScenario snapshots(String name, String title, int servers, RaftBody body) {
    return new LabScenario("2D", name, title, world -> body.run(new Tester(world, servers, true)));
  }

  /** Every scenario, part by part. */
  public static List<LabScenario> all() {
    return ALL;
  }

  /** The names of the parts, in order. */
  public static List<String> parts() {
    return List.copyOf(new TreeSet<>(ALL.stream().map(LabScenario::part).toList()));
  }
}
