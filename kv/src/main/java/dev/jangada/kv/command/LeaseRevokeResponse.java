package dev.jangada.kv.command;

/**
 * Answer to a {@link LeaseRevokeRequest}.
 *
 * @param revision the current revision; the one that deleted the lease's keys, if it had any
 */
public record LeaseRevokeResponse(long revision) implements LeaseResponse {}
