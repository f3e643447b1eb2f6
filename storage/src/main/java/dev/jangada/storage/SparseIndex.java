package dev.jangada.storage;

import java.util.Arrays;

/**
 * Where in the stream to begin reading for a given index: a few points, ascending by index, instead
 * of one for each entry.
 *
 * <p>What makes the points sufficient: from the position of a point on, the frames hold the log's
 * entries one after the other up to, and not including, the index of the next point. Every place
 * where that would not be so, a replaced suffix or the beginning of a segment, has a point of its
 * own; a reader that moves to the next point as soon as it reaches its index therefore never meets
 * a superseded entry.
 *
 * <p>Not thread-safe.
 */
final class SparseIndex {

  /** Bytes of the stream between two points that only shorten the way to an entry. */
  static final int SPACING_BYTES = 64 << 10;

  /**
   * Points as parallel arrays.
   *
   * @param indexes index of the first entry at each point, ascending
   * @param positions where the frame of that entry begins, see {@link #position}
   */
  record Points(long[] indexes, long[] positions) {

    int size() {
      return indexes.length;
    }
  }

  static final Points NO_POINTS = new Points(new long[0], new long[0]);

  private long[] indexes = new long[64];
  private long[] positions = new long[64];
  private int size;

  /** A place in the stream as one number: a segment's sequence number and an offset in it. */
  static long position(long sequence, int offset) {
    return sequence << 32 | offset;
  }

  static long sequence(long position) {
    return position >>> 32;
  }

  static int offset(long position) {
    return (int) position;
  }

  /**
   * Notes a frame whose first entry has the given index, when that is needed to find it.
   *
   * @param replaces whether entries from this index on were in the log before
   */
  void add(long index, long position, boolean replaces) {
    if (replaces) {
      while (size > 0 && indexes[size - 1] >= index) {
        size--;
      }
    } else if (size > 0) {
      long latest = positions[size - 1];
      if (sequence(latest) == sequence(position) && position - latest < SPACING_BYTES) {
        return;
      }
    }
    if (size == indexes.length) {
      indexes = Arrays.copyOf(indexes, 2 * size);
      positions = Arrays.copyOf(positions, 2 * size);
    }
    indexes[size] = index;
    positions[size] = position;
    size++;
  }

  /**
   * Forgets the points that only lead to entries before one.
   *
   * @param index of the first entry that will still be read, which there must be
   */
  void discardBefore(long index) {
    int found = Arrays.binarySearch(indexes, 0, size, index);
    int first = found >= 0 ? found : -found - 2;
    size -= first;
    System.arraycopy(indexes, first, indexes, 0, size);
    System.arraycopy(positions, first, positions, 0, size);
  }

  /** Forgets all points. */
  void clear() {
    size = 0;
  }

  /** Number of the segment that the first point is in; the given one if there is no point. */
  long firstSequence(long otherwise) {
    return size == 0 ? otherwise : sequence(positions[0]);
  }

  /** The points needed to read the entries from one index to before another. */
  Points slice(long from, long to) {
    int found = Arrays.binarySearch(indexes, 0, size, from);
    int first = found >= 0 ? found : -found - 2;
    found = Arrays.binarySearch(indexes, 0, size, to);
    int end = found >= 0 ? found : -found - 1;
    return new Points(
        Arrays.copyOfRange(indexes, first, end), Arrays.copyOfRange(positions, first, end));
  }

  int size() {
    return size;
  }
}
