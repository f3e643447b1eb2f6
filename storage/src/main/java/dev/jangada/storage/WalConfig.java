package dev.jangada.storage;

import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * How a {@link WriteAheadLog} is to be kept, and whose it is.
 *
 * @param clusterId id of the cluster; a log of another one is refused
 * @param nodeId id of the node; a log of another one is refused
 * @param newIncarnation gives a log that is begun its incarnation: a number, drawn at random, by
 *     which it is told from every other log that the node ever had or will have
 * @param segmentBytes size of a segment file, allocated when it is created: from {@value
 *     #MIN_SEGMENT_BYTES} to {@value #MAX_SEGMENT_BYTES}. An entry that does not fit gets a segment
 *     of its own size
 * @param nanoClock source of monotonic time in nanoseconds, for {@link WalStatistics} only: nothing
 *     that the log does depends on it
 * @param background runs what allocates the next segment once the present one is half full, and
 *     what deletes segments that are not needed any more. By default it is run by the caller of
 *     {@link WriteAheadLog#append} or {@link WriteAheadLog#sync}, which is then held up for as long
 *     as it takes to write and sync a whole segment; a thread of its own spares it that. It may run
 *     tasks at any later time, on any thread, or never: what the log cannot wait for it does
 *     itself. If it refuses a task, the caller gets its exception
 */
public record WalConfig(
    long clusterId,
    long nodeId,
    LongSupplier newIncarnation,
    int segmentBytes,
    LongSupplier nanoClock,
    Executor background) {

  /** The smallest segment: useful in tests, which want many. */
  public static final int MIN_SEGMENT_BYTES = 8 << 10;

  /** The largest segment. */
  public static final int MAX_SEGMENT_BYTES = 1 << 30;

  /** The usual size of a segment, 64 MiB. */
  public static final int DEFAULT_SEGMENT_BYTES = 64 << 20;

  public WalConfig {
    if (segmentBytes < MIN_SEGMENT_BYTES || segmentBytes > MAX_SEGMENT_BYTES) {
      throw new IllegalArgumentException(
          "a log segment must have from "
              + MIN_SEGMENT_BYTES
              + " to "
              + MAX_SEGMENT_BYTES
              + " bytes, not "
              + segmentBytes);
    }
  }

  /** The configuration with default sizes and the system's monotonic clock. */
  public static WalConfig of(long clusterId, long nodeId) {
    return new WalConfig(
        clusterId,
        nodeId,
        new SecureRandom()::nextLong,
        DEFAULT_SEGMENT_BYTES,
        System::nanoTime,
        Runnable::run);
  }

  /** This configuration with another segment size. */
  public WalConfig withSegmentBytes(int bytes) {
    return new WalConfig(clusterId, nodeId, newIncarnation, bytes, nanoClock, background);
  }

  /**
   * This configuration with another source of incarnations, for whoever must not draw at random.
   */
  public WalConfig withIncarnation(LongSupplier source) {
    return new WalConfig(clusterId, nodeId, source, segmentBytes, nanoClock, background);
  }

  /** This configuration with another clock. */
  public WalConfig withNanoClock(LongSupplier clock) {
    return new WalConfig(clusterId, nodeId, newIncarnation, segmentBytes, clock, background);
  }

  /** This configuration with another way to prepare and delete segments. */
  public WalConfig withBackground(Executor executor) {
    return new WalConfig(clusterId, nodeId, newIncarnation, segmentBytes, nanoClock, executor);
  }
}
