package dev.jangada.simulation;

import dev.jangada.node.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftStatus;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that must always hold, watched while a simulation runs. A property sees all nodes at
 * once, which no node does, and knows nothing of how they work.
 */
interface Property {

  /** What the property says, in a word or two, for reports. */
  default String name() {
    return getClass().getSimpleName();
  }

  /** A node has started; its images of the log are what it found. */
  default void started(SimulatedNode node) {}

  /** A node's driver has dealt with some events. */
  default void turned(SimulatedNode node, RaftStatus status) {}

  /** A node has asked for a write; its image of the log does not have it yet. */
  default void writing(SimulatedNode node, LogWriter.Write write) {}

  /** A node has sent a message. */
  default void sent(SimulatedNode node, Message message) {}

  /** A node's state machine has applied an entry, with this result. */
  default void applied(SimulatedNode node, Entry entry, byte[] result) {}

  /** Reports that the property does not hold. */
  default void require(boolean holds, String violation, @Nullable Object... arguments) {
    if (!holds) {
      throw new PropertyViolation(this, String.format(Locale.ROOT, violation, arguments));
    }
  }
}
