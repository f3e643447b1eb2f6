package dev.jangada.simulation;

/**
 * A linearizable read sees everything that any node took for committed when the read was asked for.
 * Whoever answers it has made sure, after that moment, that it leads, so that nobody can have
 * committed more (dissertation, section 6.4).
 */
final class ReadsAreRecent implements Property {

  /**
   * Judges a read that is answered.
   *
   * @param index up to which it sees the log
   * @param committedBefore how much was committed when it was asked for
   */
  void check(ObservedNode node, long index, long committedBefore) {
    if (index < committedBefore) {
      require(
          false,
          "n%d answers a read as of %d, and %d was committed when it was asked for",
          node.number(),
          index,
          committedBefore);
    }
  }
}
