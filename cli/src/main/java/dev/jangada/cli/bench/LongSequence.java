package dev.jangada.cli.bench;

import java.util.Arrays;

/** Numbers in the order in which they were added. */
final class LongSequence {

  private static final int INITIAL_CAPACITY = 16;

  private long[] numbers = new long[INITIAL_CAPACITY];
  private int size;

  void add(long number) {
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * size);
    }
    numbers[size++] = number;
  }

  long[] toArray() {
    return Arrays.copyOf(numbers, size);
  }
}
