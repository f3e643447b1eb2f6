package dev.jangada.storage;

import java.io.IOException;

/**
 * Damage in the log that is not the torn end a crash leaves behind. The log refuses to open rather
 * than to go on without entries that this node may have acknowledged.
 */
public final class CorruptLogException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  CorruptLogException(String file, long offset, String what, String remedy) {
    super(file + ": offset " + offset + ": " + what + ". " + remedy);
    this.file = file;
    this.offset = offset;
  }

  /** The damaged file, as {@link Disk#describe} names it. */
  public String file() {
    return file;
  }

  /** Where in the file the first unreadable byte sequence begins. */
  public long offset() {
    return offset;
  }
}
