package dev.jangada.cli.lab;

import dev.jangada.simulation.lab.LabResult;
import dev.jangada.simulation.lab.LabScenario;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Runs scenarios several times, several at once, and keeps the order of what it hands out. */
final class Runs implements AutoCloseable {

  /** Runs a scenario once. For several threads. */
  @FunctionalInterface
  interface Runner {
    LabResult run(LabScenario scenario, long seed);
  }

  private final Runner runner;
  private final long firstSeed;
  private final int runsOfEach;
  private final ExecutorService executor;
  private final AtomicLong done = new AtomicLong();

  Runs(Runner runner, long firstSeed, int runsOfEach, int parallel) {
    this.runner = runner;
    this.firstSeed = firstSeed;
    this.runsOfEach = runsOfEach;
    this.executor =
        Executors.newFixedThreadPool(
            parallel, Thread.ofPlatform().name("lab-", 1).daemon().factory());
  }

  /** How many runs are done. For any thread. */
  long done() {
    return done.get();
  }

  /** Begins all runs of a scenario, behind those begun before. */
  List<Future<LabResult>> begin(LabScenario scenario) {
    List<Future<LabResult>> futures = new ArrayList<>(runsOfEach);
    for (int run = 0; run < runsOfEach; run++) {
      long seed = Seeds.of(firstSeed, scenario.fullName(), run);
      futures.add(
          executor.submit(() -> {
            LabResult result = runner.run(scenario, seed);
            done.incrementAndGet();
            return result;
          }));
    }
    return futures;
  }

  /** Waits for runs, and gives their results in the order of the runs. */
  static List<LabResult> await(List<Future<LabResult>> futures) throws InterruptedException {
    List<LabResult> results = new ArrayList<>(futures.size());
    for (Future<LabResult> future : futures) {
      try {
        results.add(future.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("a run could not be carried out", e.getCause());
      }
    }
    return results;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
