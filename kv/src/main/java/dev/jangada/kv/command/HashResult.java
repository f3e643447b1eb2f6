package dev.jangada.kv.command;

/** What became of a request for a hash. */
public sealed interface HashResult permits KvHash, Failure {}
