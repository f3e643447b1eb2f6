package dev.jangada.kv;

/** What became of a request. {@link ResultCodec} turns it into bytes and back. */
public sealed interface Result permits Response, Failure {}
