package dev.jangada.kv.command;

/** What became of a range request. */
public sealed interface RangeResult permits RangeResponse, Failure {}
