package dev.jangada.cli.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the store acknowledged, in the order in which clients heard of it. Thread-safe. */
final class Acknowledgements {

  /** A write that was acknowledged, with the revision it was told to have. */
  record Write(String key, String value, long revision) {}

  private final List<Write> writes = new ArrayList<>();

  synchronized void add(Write write) {
    writes.add(write);
    notifyAll();
  }

  synchronized List<Write> all() {
    return List.copyOf(writes);
  }

  /** Waits until so many more writes are acknowledged than now. */
  synchronized void awaitMore(int count, Duration patience) throws InterruptedException {
    int wanted = writes.size() + count;
    long deadline = System.nanoTime() + patience.toNanos();
    while (writes.size() < wanted) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError(
            "only %d of %d writes acknowledged in %d s"
                .formatted(writes.size(), wanted, patience.toSeconds()));
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }
}
