package dev.jangada.simulation;

import dev.jangada.raft.StateMachine;
import org.jspecify.annotations.Nullable;

/**
 * The state machines under test, one for each node, and what of them survives a crash.
 *
 * <p>For a machine that keeps its state in memory only, {@code node -> new MyMachine()} is one.
 *
 * <p>One object belongs to one run, and all is called on the thread of the run.
 */
@FunctionalInterface
public interface Application {

  /**
   * A node starts: for the first time, or after a crash that took its machine away without closing
   * it.
   *
   * @param node from 1
   * @return a machine with what survived; its {@link StateMachine#appliedIndex} says how much that
   *     is
   */
  StateMachine start(int node);

  /**
   * What a node's process does by itself from its start on, beside serving clients. Asked for after
   * {@link #start}.
   *
   * @return null for nothing
   */
  default @Nullable Chore chore(int node) {
    return null;
  }

  /**
   * Whether a running node's machine stays as it is when nobody asks for anything. A run does not
   * end before all do.
   */
  default boolean isAtRest(int node) {
    return true;
  }

  /**
   * A good moment for a machine to make durable what it has applied; called at random moments while
   * the node runs.
   */
  default void checkpoint(int node) {}

  /**
   * The state of a running node's machine, as text that is equal exactly if the states are. The
   * machines of nodes that have applied the same index are compared at the end of a run.
   */
  default String digest(int node) {
    return "";
  }
}
