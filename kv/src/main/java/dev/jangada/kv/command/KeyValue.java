package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;

/**
 * One version of a key.
 *
 * @param key the key
 * @param createRevision revision of the put that created this generation of the key: the first one,
 *     or the first one after it was deleted
 * @param modRevision revision of the put that made this version
 * @param version number of puts since the key was created, 1 for the first
 * @param value the value; empty when only keys were asked for
 * @param lease id of the lease the key is attached to; 0 for none
 */
public record KeyValue(
    Bytes key, long createRevision, long modRevision, long version, Bytes value, long lease) {

  /** The same without its value. */
  public KeyValue withoutValue() {
    return new KeyValue(key, createRevision, modRevision, version, Bytes.EMPTY, lease);
  }
}
