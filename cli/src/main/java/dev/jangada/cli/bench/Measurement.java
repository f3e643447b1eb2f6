package dev.jangada.cli.bench;

import io.grpc.Status;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Collects the outcomes of requests. Thread-safe. */
final class Measurement {

  /** Three digits are plenty for latencies, and keep the histogram at some 200 KiB. */
  private static final int SIGNIFICANT_DIGITS = 3;

  private final Histogram latencies = new ConcurrentHistogram(SIGNIFICANT_DIGITS);
  private final AtomicLong ended = new AtomicLong();
  private final Map<Status.Code, LongAdder> errors = new ConcurrentSkipListMap<>();
  private final AtomicReference<@Nullable String> firstError = new AtomicReference<>();

  /** Counts an answer and returns how many requests have ended. */
  long answered(long nanos) {
    latencies.recordValue(Math.max(0, nanos));
    return ended.incrementAndGet();
  }

  /** Counts a failure and returns how many requests have ended. */
  long failed(Status status) {
    errors.computeIfAbsent(status.getCode(), code -> new LongAdder()).increment();
    firstError.compareAndSet(null, status.getCode() + ": " + status.getDescription());
    return ended.incrementAndGet();
  }

  /** How many requests have ended, well or not. */
  long ended() {
    return ended.get();
  }

  /** How many have failed. */
  long errors() {
    return errors.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Code and text of the first failure; null if there was none. */
  @Nullable String firstError() {
    return firstError.get();
  }

  /** What was measured in so many nanoseconds. */
  LoadResult result(Load load, String operation, long nanos) {
    Map<String, Long> byCode = new TreeMap<>();
    errors.forEach((code, count) -> byCode.put(code.name(), count.sum()));
    return new LoadResult(
        operation,
        load,
        latencies.getTotalCount(),
        nanos,
        Latencies.of(latencies),
        byCode,
        firstError());
  }
}
