package dev.jangada.kv;

/** What became of a request for a hash. */
public sealed interface HashResult permits KvHash, Failure {}
