package dev.jangada.node.thread;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.RaftException;

/** Something for the driver, on its way through the mailbox of a node. */
@FunctionalInterface
public interface DriverEvent {

  /** Tells the driver. On the driver's thread. */
  void tell(RaftDriver driver);

  /** The node has stopped before the driver was told. On any thread. */
  default void refuse(RaftException stopped) {}
}
