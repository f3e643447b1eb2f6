package dev.jangada.node;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds how many bytes of something a node holds. Any thread. */
final class PendingBudget {
  private final long maxBytes;
  private final AtomicLong used = new AtomicLong();

  PendingBudget(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Reserves, or returns false if that would be too much. */
  boolean reserve(long bytes) {
    if (used.addAndGet(bytes) > maxBytes) {
      used.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }

  long used() {
    return used.get();
  }
}
