package dev.jangada.simulation;

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
  /** The nodes fall into two groups that do not hear each other. */
  PARTITION,
  /** The leader hears nobody and is heard by nobody. */
  LEADER_ISOLATION,
  /** Some directed links carry nothing. */
  ONE_WAY_PARTITION,
  /** A directed link holds its messages back for a while. */
  CLOG,
  /** A disk takes many times as long. */
  SLOW_DISK,
  /** One of the next operations of a disk fails, which stops the node. */
  DISK_FAILURE,
  /** The leader is asked to hand its leadership over. */
  LEADERSHIP_TRANSFER
}
