package dev.jangada.simulation;

import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.check.Model;
import dev.jangada.simulation.check.Operation;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What clients do, and what a single copy of the data would have answered.
 *
 * <p>One object belongs to one run, and all is called on the thread of the run. The answers must
 * depend on nothing but the arguments and earlier calls, or the run could not be replayed. An
 * exception of any of these methods ends the run as a failure with its seed.
 *
 * @param <I> what a client asks
 * @param <O> what it is answered
 */
public interface Workload<I, O> {

  /** The specification that the answers are held against. */
  Model<?, I, O> model();

  /**
   * The next thing a client asks.
   *
   * @param random the only source of chance
   * @param client from 1
   * @param number how many requests were made before, by all clients: makes values distinct
   */
  I next(RandomGenerator random, int client, long number);

  /** Whether a request reads only; it is then answered by {@link #read}, otherwise by the log. */
  boolean isRead(I input);

  /**
   * The command that goes through the log for a request that is not a read. Where it is different
   * for every request, the simulation also checks that it takes effect at most once.
   */
  byte[] command(I input);

  /** Decodes what the state machine returned for a command. */
  O result(I input, byte[] result);

  /**
   * Reads from a node's state machine, which is recent enough.
   *
   * @param machine one that {@link Application#start} gave; not to be changed
   */
  O read(I input, StateMachine machine);

  /**
   * A client was answered.
   *
   * @param askedNanos when it had asked, in nanoseconds of virtual time
   */
  default void answered(int client, I input, O output, long askedNanos) {}

  /** A client's request failed, or nobody knows what became of it. */
  default void failed(int client, I input) {}

  /** What must hold beyond what clients are answered: watched with the run's own properties. */
  default List<Property> properties() {
    return List.of();
  }

  /**
   * What happened to the data without any client having asked for it, in a run that is over: part
   * of the history that has to be linearizable.
   */
  default List<Operation<I, O>> unasked() {
    return List.of();
  }
}
