package dev.jangada.kv;

/** What became of a range request. */
public sealed interface RangeResult permits RangeResponse, Failure {}
