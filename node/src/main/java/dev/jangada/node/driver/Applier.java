package dev.jangada.node.driver;

/** Applies what is committed. The port between a {@link RaftDriver} and its state machine. */
@FunctionalInterface
public interface Applier {

  /**
   * Takes a batch to be applied after all earlier ones, and returns at once. Once the state machine
   * has applied it, {@link CommittedBatch#complete} is called, and then {@link RaftDriver#applied}
   * on the driver's own thread, for this batch or for several at once: later, never from within
   * this method. Batches may be put together and applied as one.
   */
  void apply(CommittedBatch batch);
}
