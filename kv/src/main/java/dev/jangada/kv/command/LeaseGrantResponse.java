package dev.jangada.kv.command;

/**
 * Answer to a {@link LeaseGrantRequest}.
 *
 * @param revision the current revision
 */
public record LeaseGrantResponse(long revision) implements LeaseResponse {}
