package dev.jangada.kv.command;

/** What can stand in a branch of a transaction. */
public sealed interface Operation permits RangeRequest, PutRequest, DeleteRangeRequest, TxnRequest {

  /** Whether this can never change anything. */
  boolean isReadOnly();
}
