package dev.jangada.raft;

/**
 * A configuration and its place in the log.
 *
 * @param index of the entry that holds it; 0 for the one that a log begins with
 */
public record Configuration(long index, Membership membership) {}
