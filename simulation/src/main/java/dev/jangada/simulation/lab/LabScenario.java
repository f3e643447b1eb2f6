package dev.jangada.simulation.lab;

/**
 * A scenario of the laboratory: what is done to a cluster, and what must hold meanwhile.
 *
 * @param part of the course's laboratory, such as "2A"
 * @param name as the course calls its test, such as "InitialElection"
 * @param title what the course prints, such as "initial election"
 * @param body what happens; an exception or error that it throws is the failure
 */
public record LabScenario(String part, String name, String title, Body body) {

  /** What happens in a scenario. */
  @FunctionalInterface
  public interface Body {

    /**
     * Runs the scenario in a world of its own.
     *
     * @throws Exception whatever has gone wrong
     */
    void run(LabWorld world) throws Exception;
  }

  /** Part and name: how a scenario is called on a command line, such as "2A.InitialElection". */
  public String fullName() {
    return part + "." + name;
  }
}
