package dev.jangada.kv.command;

/**
 * Answer to a {@link PublishMemberRequest}.
 *
 * @param revision the current revision
 */
public record PublishMemberResponse(long revision) implements Response {}
