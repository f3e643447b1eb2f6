package dev.jangada.simulation.lab;

import dev.jangada.node.StartResult;
import dev.jangada.raft.Message;

/**
 * A computer of the laboratory, with a disk that outlives its processes. For one thread, or as many
 * as the world has.
 */
interface LabServer {

  /** What a server believes of itself. */
  record State(long term, boolean isLeader) {}

  /** Starts a process; there must be none. */
  void start();

  /** The process dies, and with it what was not yet durable. Without one, nothing happens. */
  void crash();

  boolean isRunning();

  /** Puts a command into the log if the process leads; not a leader either if there is none. */
  StartResult propose(byte[] command);

  /** What the process believes; term 0 and no leader if there is none. */
  State state();

  /** A message arrives. */
  void receive(Message message);
}
