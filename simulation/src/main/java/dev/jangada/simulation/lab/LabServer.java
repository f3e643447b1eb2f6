package dev.jangada.simulation.lab;

import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Message;
import java.util.function.LongConsumer;

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

  /**
   * Has the process store a snapshot of its state machine, soon; returns at once. For the state
   * machine itself, too.
   *
   * @param durable told the index of the last entry in the snapshot once it is durable, on any
   *     thread; never if the process dies before
   */
  void takeSnapshot(LongConsumer durable);

  /**
   * How many bytes the log has on the disk: term, vote, and the entries that were not dropped, in
   * {@link dev.jangada.storage.WriteAheadLog#logicalBytes}' encoding. Without a process, when that
   * died; kept account of only for state machines with snapshots.
   */
  long logBytes();

  /** What the process believes; term 0 and no leader if there is none. */
  State state();

  /** A message arrives. */
  void receive(Message message);
}
