package dev.jangada.kv.command;

/**
 * The request was refused; nothing was changed.
 *
 * @param error why
 */
public record Failure(KvError error) implements Result, RangeResult, HashResult {}
