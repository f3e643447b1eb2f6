package dev.jangada.kv.command;

/** What became of a request. {@link ResultCodec} turns it into bytes and back. */
public sealed interface Result permits Response, Failure {}
