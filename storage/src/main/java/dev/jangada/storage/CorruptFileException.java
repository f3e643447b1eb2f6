package dev.jangada.storage;

import java.io.IOException;

/** A file that was durable is damaged; says where, and what can be done about it. */
public abstract sealed class CorruptFileException extends IOException
    permits CorruptLogException, CorruptSnapshotException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  CorruptFileException(String file, long offset, String what, String remedy) {
    super(file + ": offset " + offset + ": " + what + ". " + remedy);
    this.file = file;
    this.offset = offset;
  }

  /** The damaged file, as {@link Disk#describe} names it. */
  public final String file() {
    return file;
  }

  /** Where in the file the damaged part begins. */
  public final long offset() {
    return offset;
  }
}
