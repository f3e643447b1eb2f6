package dev.jangada.raft;

/** The appends on their way to one follower: a ring of (last index, bytes), bounded in both. */
final class InflightWindow {
  private final int maxAppends;
  private final long maxBytes;

  private long[] lasts = new long[8];
  private long[] weights = new long[8];
  private int head;
  private int count;
  private long bytes;

  InflightWindow(int maxAppends, long maxBytes) {
    this.maxAppends = maxAppends;
    this.maxBytes = maxBytes;
  }

  /** Whether nothing more may be sent. An append larger than the limit may go alone. */
  boolean isFull() {
    return count >= maxAppends || bytes >= maxBytes;
  }

  int count() {
    return count;
  }

  long bytes() {
    return bytes;
  }

  /** Adds an append that was sent. */
  void add(long last, long weight) {
    if (count == lasts.length) {
      grow();
    }
    int slot = (head + count) & (lasts.length - 1);
    lasts[slot] = last;
    weights[slot] = weight;
    count++;
    bytes += weight;
  }

  /** Frees all appends whose entries are acknowledged. */
  void freeUpTo(long match) {
    while (count > 0 && lasts[head] <= match) {
      bytes -= weights[head];
      head = (head + 1) & (lasts.length - 1);
      count--;
    }
  }

  private void grow() {
    long[] newLasts = new long[2 * lasts.length];
    long[] newWeights = new long[2 * lasts.length];
    for (int i = 0; i < count; i++) {
      int slot = (head + i) & (lasts.length - 1);
      newLasts[i] = lasts[slot];
      newWeights[i] = weights[slot];
    }
    lasts = newLasts;
    weights = newWeights;
    head = 0;
  }
}
