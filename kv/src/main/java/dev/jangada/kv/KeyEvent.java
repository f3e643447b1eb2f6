package dev.jangada.kv;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * What a revision did to a key.
 *
 * @param delete whether it deleted the key; else it put it
 * @param keyValue the version that a put made; of a deletion only key and mod revision are set
 * @param previous the version that was replaced or deleted; null if there was none, or if it has
 *     been compacted
 */
public record KeyEvent(boolean delete, KeyValue keyValue, @Nullable KeyValue previous) {

  /** What deleting a key did. */
  static KeyEvent deletion(Bytes key, long revision, @Nullable KeyValue previous) {
    return new KeyEvent(true, new KeyValue(key, 0, revision, 0, Bytes.EMPTY, 0), previous);
  }

  /** The revision that did it. */
  public long revision() {
    return keyValue.modRevision();
  }

  /** Bytes of keys and values, about, for whoever has to bound how many events it keeps. */
  public long weight() {
    long weight = 64L + keyValue.key().length() + keyValue.value().length();
    return previous == null ? weight : weight + 64 + previous.value().length();
  }
}
