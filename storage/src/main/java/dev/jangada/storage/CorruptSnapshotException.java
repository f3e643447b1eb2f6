package dev.jangada.storage;

/** A snapshot that was durable is damaged: it cannot be used, and there is no other one. */
public final class CorruptSnapshotException extends CorruptFileException {

  private static final long serialVersionUID = 1L;

  CorruptSnapshotException(String file, long offset, String what, String remedy) {
    super(file, offset, what, remedy);
  }
}
