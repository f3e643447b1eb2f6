package dev.jangada.simulation.lab;

/**
 * Something that goes on beside a scenario, step by step. Steps instead of a thread, so that in
 * virtual time many tasks take turns on the one thread that there is, in an order that the seed
 * decides.
 */
@FunctionalInterface
interface LabTask {

  /** What {@link #step} returns at the end. */
  long DONE = -1;

  /**
   * Does what is to be done now. One step at a time.
   *
   * @return after how many nanoseconds the next step is due, or {@link #DONE}
   */
  long step();
}
