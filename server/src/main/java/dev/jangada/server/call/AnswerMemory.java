package dev.jangada.server.call;

import dev.jangada.kv.ReadBudget;

/**
 * The memory that answers to reads may hold together, from when they are read until they are sent:
 * a client that asks for more than there is, or asks and does not read, must not end the member.
 *
 * <p>Safe for use by several threads.
 */
public final class AnswerMemory {

  private final long totalBytes;
  private long takenBytes;

  /**
   * So much of it.
   *
   * @param totalBytes positive
   */
  public AnswerMemory(long totalBytes) {
    this.totalBytes = totalBytes;
  }

  /** For an answer that is to be read. Nothing is taken yet. */
  public Share share() {
    return new Share();
  }

  /** What is taken now, in bytes. */
  public synchronized long takenBytes() {
    return takenBytes;
  }

  private synchronized boolean reserve(long bytes) {
    if (bytes > totalBytes - takenBytes) {
      return false;
    }
    takenBytes += bytes;
    return true;
  }

  private synchronized void giveBack(long bytes) {
    takenBytes -= bytes;
  }

  /** What one answer takes. Safe for use by several threads. */
  public final class Share implements ReadBudget {

    private long bytes;
    private boolean released;
    private boolean crowdedOut;

    private Share() {}

    /**
     * Takes some for this answer. If there is not so much left the answer will not be given, and
     * what it has taken is given back at once: of two that are read at the same time, and have no
     * room together, one is then given.
     *
     * @return false if there is not so much left, or nobody waits for the answer any more
     */
    @Override
    public synchronized boolean take(long more) {
      if (released) {
        return false;
      }
      if (!reserve(more)) {
        crowdedOut = takenBytes() > bytes;
        release();
        return false;
      }
      bytes += more;
      return true;
    }

    /** Gives back all but so many bytes. */
    public synchronized void keep(long remaining) {
      if (remaining < bytes) {
        giveBack(bytes - remaining);
        bytes = remaining;
      }
    }

    /** Gives back everything: the answer has been sent, or will not be. May be called again. */
    public synchronized void release() {
      released = true;
      keep(0);
    }

    /**
     * Why an answer was refused that could not {@linkplain #take take} what it needed: because it
     * is large, or because others are under way, in which case another attempt may do better.
     */
    public synchronized EtcdError refusal() {
      return crowdedOut ? EtcdError.TOO_MANY_REQUESTS : EtcdError.TOO_MUCH_AT_ONCE;
    }
  }
}
