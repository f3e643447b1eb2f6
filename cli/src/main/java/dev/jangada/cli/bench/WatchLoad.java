package dev.jangada.cli.bench;

import java.util.List;

/**
 * Watchers, and what is written while they watch.
 *
 * @param endpoints as {@code host:port}; connections are spread over them
 * @param watchers each watches one key, as far as it is not one of {@code whole}
 * @param streams that the watchers share evenly
 * @param connections that the streams share evenly
 * @param stalled streams that read nothing until the puts are over
 * @param keys that are written and watched
 * @param whole how many of the watchers watch all keys
 * @param valueSize in bytes, at least {@link #LEAST_VALUE_BYTES}
 * @param rate puts per second
 * @param puts how many altogether
 */
record WatchLoad(
    List<String> endpoints,
    int watchers,
    int streams,
    int connections,
    int stalled,
    int keys,
    int whole,
    int valueSize,
    double rate,
    int puts) {

  /** A value begins with the time at which it was due to be written. */
  static final int LEAST_VALUE_BYTES = Long.BYTES;

  WatchLoad {
    endpoints = List.copyOf(endpoints);
  }

  /** Number of the first watcher of a stream, and of the one after its last, for the next. */
  int firstOf(int stream) {
    return (int) ((long) watchers * stream / streams);
  }

  /** Whether a watcher watches all keys; they are spread evenly among the others. */
  boolean isWhole(int watcher) {
    return (long) watcher * whole % watchers < whole;
  }
}
