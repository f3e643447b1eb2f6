package dev.jangada.storage;

/**
 * Damage in the log that is not the torn end a crash leaves behind. The log refuses to open rather
 * than to go on without entries that this node may have acknowledged.
 */
public final class CorruptLogException extends CorruptFileException {

  private static final long serialVersionUID = 1L;

  CorruptLogException(String file, long offset, String what, String remedy) {
    super(file, offset, what, remedy);
  }
}
