package dev.jangada.simulation;

import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import org.jspecify.annotations.Nullable;

/**
 * A node of a simulation as a {@link Property} sees it: what its process says of itself, and what
 * the simulation knows of its disk. Only to be used inside a property's methods.
 */
public interface ObservedNode {

  /** Which of the nodes it is, from 1. */
  int number();

  /** The node's id as a member of the cluster. */
  long id();

  /**
   * What the node's monotonic clock says, in nanoseconds from an origin of its own. It may go at
   * another rate than virtual time, and goes on while the process stands still.
   */
  long clock();

  /** How many times as fast as virtual time that clock goes now. */
  double clockRate();

  /** Virtual time, in nanoseconds: the same on all nodes. */
  long now();

  /** Whether a process runs on it. */
  boolean isRunning();

  /** Term, vote and entries as the node has asked for them to be written, durable or not. */
  LogImage log();

  /** What of that is certainly on disk. */
  LogImage durableLog();

  /**
   * Index up to which the state machine had applied entries when the process started, or was
   * restored from a snapshot.
   */
  long appliedAtStart();

  /** The state of the core; null while no process runs. */
  @Nullable RaftStatus status();

  /** What is waiting inside the process; null while none runs. */
  default SimulatedProcess.@Nullable Load load() {
    return null;
  }

  /** The state machine, to be looked at and not to be changed; null while no process runs. */
  @Nullable StateMachine stateMachine();
}
