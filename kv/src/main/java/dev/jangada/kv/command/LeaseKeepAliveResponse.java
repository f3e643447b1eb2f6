package dev.jangada.kv.command;

/**
 * Answer to a {@link LeaseKeepAliveRequest}.
 *
 * @param revision the current revision
 * @param ttlSeconds how long the lease lasts from now on
 */
public record LeaseKeepAliveResponse(long revision, long ttlSeconds) implements LeaseResponse {}
