package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;

/**
 * Sets the value of a key. Makes a revision always, also where the value stays the same.
 *
 * @param key the key
 * @param value the value
 * @param lease the lease to attach the key to; 0 to detach it
 * @param prevKv whether to return the version before
 * @param ignoreValue keep the value the key has, which must exist
 * @param ignoreLease keep the lease the key has, which must exist
 */
public record PutRequest(
    Bytes key, Bytes value, long lease, boolean prevKv, boolean ignoreValue, boolean ignoreLease)
    implements Operation, Command {

  /** A plain put. */
  public static PutRequest of(Bytes key, Bytes value) {
    return new PutRequest(key, value, 0, false, false, false);
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }
}
