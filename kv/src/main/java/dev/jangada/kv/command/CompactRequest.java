package dev.jangada.kv.command;

/**
 * Gives up the history before a revision: of each key only the newest version up to it, if that is
 * not a deletion, is kept. Reading at the revision itself goes on working. Makes no revision.
 *
 * @param revision the revision; above the compacted one and not above the current one
 * @param physical whether the answer waits until what was given up is removed from the store
 */
public record CompactRequest(long revision, boolean physical) implements Command {}
