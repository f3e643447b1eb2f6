package dev.jangada.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Makes a run that fails smaller: it ends the faults as soon as the failure has happened, and then
 * leaves out as many faults as it can while the run still fails (Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", TSE 2002). What is left is what a person has
 * to look at.
 */
public final class Shrinker {

  /**
   * A run that fails.
   *
   * @param faults what goes wrong in it
   * @param healsAtNanos when the faults end
   * @param failure what it fails with
   */
  public record Smaller(List<PlannedFault> faults, long healsAtNanos, SimulationFailure failure) {}

  private final Supplier<Simulation> run;
  private int runsLeft;
  private Smaller best;

  private Shrinker(Supplier<Simulation> run, Smaller first, int maxRuns) {
    this.run = run;
    this.best = first;
    this.runsLeft = maxRuns;
  }

  /**
   * Looks for a smaller run that fails.
   *
   * @param run prepares the run that fails, anew each time
   * @param failure what it failed with
   * @param maxRuns how many runs to try at most
   * @return the smallest one found, perhaps the run itself
   */
  public static Smaller shrink(Supplier<Simulation> run, SimulationFailure failure, int maxRuns) {
    List<PlannedFault> all = run.get().plan();
    Shrinker shrinker = new Shrinker(run, new Smaller(all, Long.MAX_VALUE, failure), maxRuns);
    shrinker.healEarly();
    shrinker.leaveOut();
    return shrinker.best;
  }

  /** Faults later than the failure have nothing to do with it. */
  private void healEarly() {
    long failedAt = best.failure().atNanos();
    fails(before(failedAt + 1), failedAt + 1);
  }

  private List<PlannedFault> before(long nanos) {
    return best.faults().stream().filter(fault -> fault.atNanos() < nanos).toList();
  }

  /** Tries without each of ever smaller parts. */
  private void leaveOut() {
    if (fails(List.of(), best.healsAtNanos())) {
      return;
    }
    int parts = 2;
    while (best.faults().size() > 1 && runsLeft > 0) {
      List<PlannedFault> faults = best.faults();
      boolean smaller = false;
      for (int part = 0; part < parts && !smaller; part++) {
        int from = (int) ((long) faults.size() * part / parts);
        int to = (int) ((long) faults.size() * (part + 1) / parts);
        List<PlannedFault> rest = new ArrayList<>(faults.subList(0, from));
        rest.addAll(faults.subList(to, faults.size()));
        smaller = fails(rest, best.healsAtNanos());
      }
      if (smaller) {
        parts = Math.max(2, parts - 1);
      } else if (parts >= faults.size()) {
        return;
      } else {
        parts = Math.min(faults.size(), 2 * parts);
      }
    }
  }

  private boolean fails(List<PlannedFault> faults, long healsAt) {
    if (runsLeft-- <= 0) {
      return false;
    }
    Set<Integer> numbers = new TreeSet<>();
    faults.forEach(fault -> numbers.add(fault.number()));
    try {
      run.get().onlyFaults(numbers).healingAt(healsAt).run();
      return false;
    } catch (SimulationFailure failure) {
      best = new Smaller(faults, healsAt, failure);
      return true;
    }
  }
}
