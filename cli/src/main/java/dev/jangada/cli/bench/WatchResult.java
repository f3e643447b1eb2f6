package dev.jangada.cli.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * What watchers were told: everything, once and in order.
 *
 * @param putNanos how long the puts took
 * @param events how many all watchers were told of together
 * @param latencies from when a put was due to its event, of the streams that read all the time
 * @param lagNanos from the last answer to a put until these streams had all events
 * @param stalledEvents how many of the events the other streams were told of, when they began to
 *     read
 * @param catchUpNanos how long that took
 */
record WatchResult(
    WatchLoad load,
    long putNanos,
    long events,
    Latencies latencies,
    long lagNanos,
    long stalledEvents,
    long catchUpNanos) {

  /** For people. */
  String toText() {
    String text =
        String.format(
            Locale.ROOT,
            "watch: %d watchers (%d of all %d keys, the others of one each) on %d streams over %d"
                + " connections to %s%n"
                + "puts        %d in %.2f s, %.0f/s, %d-byte values%n"
                + "events      %d, each told once and in order%n"
                + "latency ms  p50 %.3f  p90 %.3f  p99 %.3f  p99.9 %.3f  max %.3f%n"
                + "last event  %.0f ms after the last put was answered",
            load.watchers(),
            load.whole(),
            load.keys(),
            load.streams(),
            load.connections(),
            String.join(",", load.endpoints()),
            load.puts(),
            putNanos / 1e9,
            load.puts() * 1e9 / putNanos,
            load.valueSize(),
            events,
            latencies.p50(),
            latencies.p90(),
            latencies.p99(),
            latencies.p999(),
            latencies.max(),
            lagNanos / 1e6);
    return load.stalled() == 0
        ? text
        : text
            + String.format(
                Locale.ROOT,
                "%nstalled     %d streams that did not read until then were told of %d events in"
                    + " %.0f ms",
                load.stalled(),
                stalledEvents,
                catchUpNanos / 1e6);
  }

  /** For programs: one line. Latencies and times that end in {@code _ms} are in milliseconds. */
  String toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("operation", "watch");
    json.put("endpoints", load.endpoints());
    json.put("watchers", load.watchers());
    json.put("whole", load.whole());
    json.put("streams", load.streams());
    json.put("connections", load.connections());
    json.put("keys", load.keys());
    json.put("value_bytes", load.valueSize());
    json.put("puts", load.puts());
    json.put("seconds", putNanos / 1e9);
    json.put("throughput", load.puts() * 1e9 / putNanos);
    json.put("events", events);
    json.put("p50_ms", latencies.p50());
    json.put("p90_ms", latencies.p90());
    json.put("p99_ms", latencies.p99());
    json.put("p999_ms", latencies.p999());
    json.put("max_ms", latencies.max());
    json.put("lag_ms", lagNanos / 1e6);
    json.put("stalled_streams", load.stalled());
    json.put("stalled_events", stalledEvents);
    json.put("catch_up_ms", catchUpNanos / 1e6);
    return JsonMapper.shared().writeValueAsString(json);
  }
}
