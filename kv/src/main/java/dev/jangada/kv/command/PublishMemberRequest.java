package dev.jangada.kv.command;

/**
 * Tells all nodes how a member presents itself, in place of what was known of it before. Makes no
 * revision.
 */
public record PublishMemberRequest(MemberAttributes member) implements Command {}
