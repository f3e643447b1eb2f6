package dev.jangada.kv;

/**
 * How far the clock of the leases has come.
 *
 * @param millis the time that has passed for leases
 * @param leases how many leases there are; without any, time need not pass
 */
public record LeaseClock(long millis, long leases) {}
