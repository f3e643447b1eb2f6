package dev.jangada.kv;

import dev.jangada.kv.command.KeyValue;

/**
 * How much memory one command of the log may take while it is carried out. Every member carries it
 * out, and again after a restart: one that takes more memory than there is would end all of them,
 * for good. So it is refused before it has written anything.
 *
 * <p>All members must refuse the same commands. So the limit is a constant, and what a command
 * takes is reckoned from the state alone.
 */
final class WorkLimit implements ReadBudget {

  /** A quarter of the memory that a member has by default. */
  static final long DEFAULT_BYTES = 256L << 20;

  /** What deleting a key takes beside its bytes: it is written to three places. */
  private static final int DELETION_BYTES = 512;

  private final long bytes;
  private long left;

  WorkLimit(long bytes) {
    this.bytes = bytes;
    this.left = bytes;
  }

  /** Whether nothing has been taken yet. */
  boolean isUntouched() {
    return left == bytes;
  }

  @Override
  public boolean take(long bytes) {
    if (bytes > left) {
      return false;
    }
    left -= bytes;
    return true;
  }

  /** Takes what an answer that goes through the log needs: it is held, and encoded on the way. */
  ReadBudget forAnswers() {
    return bytes -> take(4 * bytes);
  }

  /**
   * Takes what deleting a key needs.
   *
   * @param answered whether the answer says what was deleted
   */
  boolean takeDeletion(KeyValue kv, boolean answered) {
    return take(DELETION_BYTES + 4L * kv.key().length() + 2L * kv.value().length())
        && (!answered || forAnswers().take(kv));
  }
}
