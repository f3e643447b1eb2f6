package dev.jangada.kv.command;

/**
 * Raises an alarm, or ends it. Raising one that is raised, and ending one that is not, changes
 * nothing. Makes no revision.
 *
 * @param alarm which
 * @param raised whether it is to be raised
 */
public record ChangeAlarmRequest(Alarm alarm, boolean raised) implements Command {}
