package dev.jangada.kv.command;

/**
 * Answer to a {@link ChangeAlarmRequest}.
 *
 * @param revision the current revision
 * @param found whether the alarm was raised before
 */
public record ChangeAlarmResponse(long revision, boolean found) implements Response {}
