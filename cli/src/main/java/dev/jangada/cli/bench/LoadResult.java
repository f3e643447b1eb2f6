package dev.jangada.cli.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a load measured.
 *
 * @param answered requests that were answered
 * @param nanos how long it took
 * @param latencies of the answered requests
 * @param errors number of failures by gRPC code
 */
record LoadResult(
    String operation,
    Load load,
    long answered,
    long nanos,
    Latencies latencies,
    Map<String, Long> errors,
    @Nullable String firstError) {

  LoadResult {
    errors = new TreeMap<>(errors);
  }

  /** Answered requests per second. */
  double throughput() {
    return answered * 1e9 / nanos;
  }

  /** Requests that were not answered. */
  private long failed() {
    return errors.values().stream().mapToLong(Long::longValue).sum();
  }

  /** For people. */
  String toText() {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "%s: %d requests, %d clients, %d connections to %s, %d-byte keys, %d-byte values",
        operation,
        answered + failed(),
        load.clients(),
        load.connections(),
        String.join(",", load.endpoints()),
        load.keySize(),
        load.valueSize());
    line(text, "throughput  %.0f/s over %.2f s", throughput(), nanos / 1e9);
    line(
        text,
        "latency ms  p50 %.3f  p90 %.3f  p99 %.3f  p99.9 %.3f  max %.3f",
        latencies.p50(),
        latencies.p90(),
        latencies.p99(),
        latencies.p999(),
        latencies.max());
    if (errors.isEmpty()) {
      line(text, "errors      none");
    } else {
      line(text, "errors      %s; the first: %s", errors, firstError);
    }
    return text.toString().stripTrailing();
  }

  private static void line(StringBuilder text, String format, @Nullable Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  /** For programs: one line. Each figure is a plain number; latencies are in milliseconds. */
  String toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("operation", operation);
    json.put("endpoints", load.endpoints());
    json.put("clients", load.clients());
    json.put("connections", load.connections());
    json.put("key_bytes", load.keySize());
    json.put("value_bytes", load.valueSize());
    json.put("key_space", load.keySpace());
    json.put("requests", answered + failed());
    if (load.rate() > 0) {
      json.put("rate_per_second", load.rate());
    }
    json.put("answered", answered);
    json.put("seconds", nanos / 1e9);
    json.put("throughput", throughput());
    json.put("mean_ms", latencies.mean());
    json.put("p50_ms", latencies.p50());
    json.put("p90_ms", latencies.p90());
    json.put("p99_ms", latencies.p99());
    json.put("p999_ms", latencies.p999());
    json.put("max_ms", latencies.max());
    json.put("errors", failed());
    json.put("errors_by_code", errors);
    return JsonMapper.shared().writeValueAsString(json);
  }
}
