package dev.jangada.cli.bench;

import org.HdrHistogram.Histogram;

/** The usual figures of a distribution of latencies, in milliseconds. */
record Latencies(double mean, double p50, double p90, double p99, double p999, double max) {

  /** From a histogram of nanoseconds. */
  static Latencies of(Histogram nanos) {
    return new Latencies(
        nanos.getMean() / 1e6,
        nanos.getValueAtPercentile(50) / 1e6,
        nanos.getValueAtPercentile(90) / 1e6,
        nanos.getValueAtPercentile(99) / 1e6,
        nanos.getValueAtPercentile(99.9) / 1e6,
        nanos.getMaxValue() / 1e6);
  }
}
