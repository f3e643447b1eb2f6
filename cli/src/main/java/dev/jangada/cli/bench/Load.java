package dev.jangada.cli.bench;

import java.util.List;

/**
 * A load to put on a store.
 *
 * @param endpoints of the store, each {@code host:port}
 * @param clients how many requests are under way at once
 * @param connections that the clients share, spread over the endpoints
 * @param valueSize in bytes
 * @param keySize in bytes
 * @param keySpace number of different keys
 * @param total requests to measure; {@link #UNLIMITED} if only time ends it
 * @param durationNanos how long to start requests to measure; 0 if only their number ends it
 * @param warmUpNanos how long to run before measuring
 * @param rate requests to start per second over all clients; 0 for as fast as they are answered
 * @param targetLeader whether to use the leader's endpoint only
 */
record Load(
    List<String> endpoints,
    int clients,
    int connections,
    int valueSize,
    int keySize,
    int keySpace,
    long total,
    long durationNanos,
    long warmUpNanos,
    double rate,
    boolean targetLeader) {

  /** More requests than can ever be sent; counting a few beyond does not overflow. */
  static final long UNLIMITED = Long.MAX_VALUE / 2;

  Load {
    endpoints = List.copyOf(endpoints);
  }

  /** The same load on other endpoints. */
  Load on(List<String> others) {
    return new Load(
        others,
        clients,
        connections,
        valueSize,
        keySize,
        keySpace,
        total,
        durationNanos,
        warmUpNanos,
        rate,
        targetLeader);
  }
}
