package dev.jangada.simulation;

import dev.jangada.node.request.StartResult;
import dev.jangada.raft.RaftStatus;
import java.util.function.Consumer;

/**
 * Something that a node's process does again and again by itself, beside what clients ask of it, as
 * a thread of its own would: letting time pass for leases, say. One object belongs to one life of a
 * process, and ends with it.
 */
public interface Chore {

  /** How long it rests after each round, in nanoseconds of the node's clock, positive. */
  long restNanos();

  /** Does one round. */
  void perform(Household process);

  /**
   * The process and its node, as far as the chore has to do with them. Only to be used within a
   * round.
   */
  interface Household {

    /** What the node's monotonic clock says, in nanoseconds. */
    long clock();

    /** The node's id as a member. */
    long id();

    /** The state of the core as of the driver's latest turn. */
    RaftStatus status();

    /**
     * Has a command put into the log if the node leads, as {@link dev.jangada.node.RaftNode#start}
     * does: later, perhaps much later, because any thread may be held up anywhere. The round ends
     * when that is done.
     *
     * @param told what came of it; not told if the log had no room
     */
    void start(byte[] command, Consumer<StartResult> told);
  }
}
