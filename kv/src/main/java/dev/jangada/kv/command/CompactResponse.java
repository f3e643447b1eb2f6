package dev.jangada.kv.command;

/**
 * Answer to a {@link CompactRequest}.
 *
 * @param revision the current revision
 */
public record CompactResponse(long revision) implements Response {}
