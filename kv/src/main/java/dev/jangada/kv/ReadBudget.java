package dev.jangada.kv;

import dev.jangada.kv.command.KeyValue;

/**
 * How much a read may hold in memory at once, of what several reads may hold together. A read takes
 * what it needs key by key, and is refused as soon as there is no more.
 */
@FunctionalInterface
public interface ReadBudget {

  /** For whoever knows that the answer is small. */
  ReadBudget UNLIMITED = bytes -> true;

  /** What a key counts beyond its bytes and those of its value: about what its objects take. */
  int OVERHEAD_BYTES = 256;

  /**
   * Takes some of it.
   *
   * @param bytes not negative
   * @return false if there is not so much left; nothing is taken then
   */
  boolean take(long bytes);

  /** Takes what a key with its value is reckoned to need. */
  default boolean take(KeyValue kv) {
    return take(OVERHEAD_BYTES + (long) kv.key().length() + kv.value().length());
  }
}
