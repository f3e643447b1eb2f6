package dev.jangada.simulation.mutants;

import dev.jangada.simulation.KvApplication;
import dev.jangada.simulation.KvWorkload;
import dev.jangada.simulation.Simulation;
import dev.jangada.simulation.SimulationConfig;
import java.util.SplittableRandom;

/** What a variant of the implementation is run in. */
enum Circumstances {
  /** Those of the simulator's own campaigns: anything may be drawn. */
  RANDOM("any");

  private final String text;

  Circumstances(String text) {
    this.text = text;
  }

  /** In a few words. */
  String text() {
    return text;
  }

  /** Makes a run. */
  void run(long seed) {
    SimulationConfig config =
        switch (this) {
          case RANDOM -> SimulationConfig.random(new SplittableRandom(seed));
        };
    new Simulation(config, seed, new KvApplication(), new KvWorkload(4)).run();
  }
}
