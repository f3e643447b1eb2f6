package dev.jangada.kv.store;

import org.jspecify.annotations.Nullable;

/**
 * The engine cannot go on: the disk failed, or what is on it is damaged. Fatal to the node; the
 * message says where.
 */
public final class StoreException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public StoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
