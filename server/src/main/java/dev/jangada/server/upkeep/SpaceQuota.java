package dev.jangada.server.upkeep;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How large a member's store may become. To ask the engine for its size with every write would cost
 * more than many a write does: so what was admitted since it was asked is added up, and it is asked
 * again when that sum reaches the limit.
 *
 * <p>Any thread.
 */
public final class SpaceQuota {

  private final long limitBytes;
  private final LongSupplier storeBytes;

  /** The store's size when it was last asked for, and what was admitted since. */
  private final AtomicLong estimate = new AtomicLong();

  /**
   * Sets the limit.
   *
   * @param limitBytes 0 for none
   * @param storeBytes the size of the store at the moment of asking
   */
  public SpaceQuota(long limitBytes, LongSupplier storeBytes) {
    this.limitBytes = limitBytes;
    this.storeBytes = storeBytes;
  }

  /** The limit; 0 if there is none. */
  public long limitBytes() {
    return limitBytes;
  }

  /**
   * Whether there is room for so many bytes more.
   *
   * @param bytes taken from the room that is left, if there is
   */
  public boolean admits(long bytes) {
    if (limitBytes == 0) {
      return true;
    }
    if (estimate.addAndGet(bytes) <= limitBytes) {
      return true;
    }
    long size = storeBytes.getAsLong() + bytes;
    estimate.set(size);
    return size <= limitBytes;
  }

  /** Asks the engine, and says whether the limit is exceeded, by whomever. */
  public boolean isExceeded() {
    if (limitBytes == 0) {
      return false;
    }
    long size = storeBytes.getAsLong();
    estimate.set(size);
    return size > limitBytes;
  }
}
