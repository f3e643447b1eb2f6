package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;

/**
 * Deletes the keys of a range, in one revision; none if there are no such keys.
 *
 * @param key first key, see {@link KeyRange}
 * @param rangeEnd end of the range; empty for a single key
 * @param prevKv whether to return what was deleted
 */
public record DeleteRangeRequest(Bytes key, Bytes rangeEnd, boolean prevKv)
    implements Operation, Command {

  /** Deletes one key. */
  public static DeleteRangeRequest of(Bytes key) {
    return new DeleteRangeRequest(key, Bytes.EMPTY, false);
  }

  /** Deletes the keys of a range. */
  public static DeleteRangeRequest of(Bytes key, Bytes rangeEnd) {
    return new DeleteRangeRequest(key, rangeEnd, false);
  }

  /** The keys to delete. */
  public KeyRange keys() {
    return KeyRange.of(key, rangeEnd);
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }
}
