package dev.jangada.simulation;

import java.util.Locale;

/** What may go wrong. */
public enum Fault {
  /** A process dies; its disk forgets nothing. */
  CRASH,
  /** A node loses its power, and its disk whatever was not synced. */
  POWER_LOSS,
  /** The power fails during one of the next operations of a disk. */
  POWER_LOSS_WHILE_WRITING,
  /** All nodes lose their power at once. */
  BLACKOUT,
  /** A process stands still, and its clock does not. */
  PAUSE,
  /** A node's clock goes at another rate, by more than leases allow for if there are none. */
  CLOCK_DRIFT,
  /** The nodes fall into two groups that do not hear each other. */
  PARTITION,
  /** Some pairs of nodes do not hear each other. */
  PARTIAL_PARTITION,
  /** Some directed links carry nothing. */
  ONE_WAY_PARTITION,
  /** The leader hears nobody and is heard by nobody. */
  LEADER_ISOLATION,
  /** A directed link holds its messages back for a while. */
  CLOG,
  /** Many messages get lost. */
  LOSS,
  /** Many messages arrive twice, the second time perhaps much later. */
  DUPLICATION,
  /** Messages take up to seconds, each another time. */
  DELAY,
  /** A disk takes many times as long. */
  SLOW_DISK,
  /** A disk's syncs do not come to an end for a while. */
  HANGING_SYNC,
  /** One of the next operations of a disk fails, which stops the node. */
  DISK_FAILURE,
  /** A disk is full for a while. */
  FULL_DISK,
  /**
   * A restarted process finds a bit of its log or snapshot inverted. It must refuse to start or
   * lack nothing. Afterwards the bit is right again, as by a new cable. Bits near the log's end are
   * left alone: damage there cannot be told from a torn write.
   */
  BIT_ROT,
  /** The leader is asked to hand its leadership over. */
  LEADERSHIP_TRANSFER,
  /** A node is asked to save a snapshot of its state now. */
  SNAPSHOT,
  /**
   * The leader is asked to change who belongs to the cluster: to add new nodes, to promote, demote,
   * or remove members, or several of these at once. Those removed go on running.
   */
  MEMBERSHIP;

  /** The name that people write, such as {@code one-way-partition}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
