package dev.jangada.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * A fault that is going to happen. All faults of a run are drawn before it begins, each with its
 * own source of chance: leaving some of them out changes nothing in the others, and so a run that
 * fails can be repeated with fewer and fewer of them.
 *
 * @param number which one of the run's it is, from 1
 * @param atNanos when, in nanoseconds of virtual time
 * @param fault what
 * @param lastsNanos how long, where it lasts
 * @param seed decides the rest, such as whom it meets
 */
public record PlannedFault(int number, long atNanos, Fault fault, long lastsNanos, long seed) {

  /** All faults of a run, in order. */
  static List<PlannedFault> plan(SimulationConfig config, long seed) {
    List<PlannedFault> plan = new ArrayList<>();
    List<Fault> faults = new ArrayList<>(config.faults());
    // Another stream than any that the run itself draws from.
    SplittableRandom random = new SplittableRandom(~seed);
    long at = 0;
    while (!faults.isEmpty()) {
      at += 1 + SimulatedNetwork.exponential(random, config.meanFaultNanos());
      if (at >= config.faultyNanos()) {
        break;
      }
      plan.add(
          new PlannedFault(
              plan.size() + 1,
              at,
              faults.get(random.nextInt(faults.size())),
              SimulatedNetwork.exponential(random, config.meanOutageNanos()),
              random.nextLong()));
    }
    return List.copyOf(plan);
  }

  /** Number, time, kind and length, such as {@code #3 at 1.250 s: pause for 0.320 s}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "#%d at %.3f s: %s for %.3f s",
        number,
        atNanos / 1e9,
        fault.label(),
        lastsNanos / 1e9);
  }
}
