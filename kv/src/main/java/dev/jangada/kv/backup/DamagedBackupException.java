package dev.jangada.kv.backup;

import java.io.IOException;

/**
 * A file is not a backup, or not all of it is as it was written. Nothing in it is to be trusted.
 */
public final class DamagedBackupException extends IOException {

  private static final long serialVersionUID = 1L;

  private final long offset;

  DamagedBackupException(String name, long offset, String what) {
    super(
        "%s: offset %d: %s. Take another backup, or another copy of this one"
            .formatted(name, offset, what));
    this.offset = offset;
  }

  /** Where in the file the damaged part begins. */
  public long offset() {
    return offset;
  }
}
