package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftStatus;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that must always hold, watched while a simulation runs. A property sees all nodes at
 * once, which no node does, and knows nothing of how they work. Implement the methods for what it
 * has to see, and call {@link #require} in them; the first violation ends the run.
 *
 * <p>One object belongs to one run. Its methods are called on the thread of the run, at the moment
 * at which things happen; they must not change anything but the property itself, and must depend on
 * nothing but what they are told, or the run could not be replayed.
 *
 * <pre>{@code
 * final class MoneyIsConserved implements Property {
 *   public void applied(ObservedNode node, Entry entry, byte[] result) {
 *     long total = ((Bank) node.stateMachine()).total();
 *     require(total == 100, "n%d has %d after %s", node.number(), total, entry);
 *   }
 * }
 * }</pre>
 */
public interface Property {

  /** What the property says, in a word or two, for reports. */
  default String name() {
    return getClass().getSimpleName();
  }

  /** A node has started; its images of the log are what it found. */
  default void started(ObservedNode node) {}

  /** A node's process has died. */
  default void crashed(ObservedNode node) {}

  /** A node's driver has dealt with some events. */
  default void turned(ObservedNode node, RaftStatus status) {}

  /** A node's clock goes at {@linkplain ObservedNode#clockRate another rate} from now on. */
  default void clockChanged(ObservedNode node) {}

  /** A node that leads has put a command of its own into its log: see {@link Chore}. */
  default void proposed(ObservedNode node, byte[] command, StartResult where) {}

  /** A node has asked for a write; its image of the log does not have it yet. */
  default void writing(ObservedNode node, LogWriter.Write write) {}

  /** A node has sent a message. */
  default void sent(ObservedNode node, Message message) {}

  /** A message has reached a node's process, which deals with it in its next turn. */
  default void received(ObservedNode node, Message message) {}

  /** A node's state machine has applied an entry, with this result. */
  default void applied(ObservedNode node, Entry entry, byte[] result) {}

  /**
   * A node's state machine has taken a picture of its state, to be saved or sent.
   *
   * @param index of the last entry that it has applied
   */
  default void captured(ObservedNode node, long index) {}

  /** A node's state machine has taken over the state of another one's snapshot. */
  default void restored(ObservedNode node, EntryId last) {}

  /**
   * No fault happens any more, every member serves again, and clients ask nothing from now on. What
   * they have asked before may be under way.
   *
   * @param now virtual time, in nanoseconds
   */
  default void calm(long now) {}

  /** The run is over: all is healed, nothing is under way, and every node has applied the same. */
  default void ended(List<? extends ObservedNode> nodes) {}

  /**
   * Reports that the property does not hold.
   *
   * @param holds whether it does
   * @param violation what is wrong, as a {@linkplain java.util.Formatter format}
   * @throws PropertyViolation if it does not hold
   */
  default void require(boolean holds, String violation, @Nullable Object... arguments) {
    if (!holds) {
      throw new PropertyViolation(this, String.format(Locale.ROOT, violation, arguments));
    }
  }
}
