package dev.jangada.storage;

import java.io.IOException;

/** A snapshot that was durable is damaged: it cannot be used, and there is no other one. */
public final class CorruptSnapshotException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  CorruptSnapshotException(String file, long offset, String what, String remedy) {
    super(file + ": offset " + offset + ": " + what + ". " + remedy);
    this.file = file;
    this.offset = offset;
  }

  /** The damaged file, as {@link Disk#describe} names it. */
  public String file() {
    return file;
  }

  /** Where in the file the damaged part begins. */
  public long offset() {
    return offset;
  }
}
