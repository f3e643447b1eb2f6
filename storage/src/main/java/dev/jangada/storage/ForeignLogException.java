package dev.jangada.storage;

import java.io.IOException;

/** The log in the directory is intact, but belongs to another cluster or another node. */
public final class ForeignLogException extends IOException {

  private static final long serialVersionUID = 1L;

  ForeignLogException(String message) {
    super(message);
  }
}
