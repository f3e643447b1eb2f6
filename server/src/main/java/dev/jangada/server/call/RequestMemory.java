package dev.jangada.server.call;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The memory that requests may hold together before they are complete: clients that send the
 * greater part of a message and never the rest of it must not end the member.
 *
 * <p>Once they hold more, the one is refused for which nothing has come for the longest time. So
 * whoever goes on sending gets through, however many there are that do not.
 *
 * <p>Safe for use by several threads.
 */
public final class RequestMemory {

  /** What a request holds at least, whatever is in it; nobody looks at those that hold no more. */
  static final int UNCOUNTED_BYTES = 1 << 10;

  private final long totalBytes;

  /** Those that are counted, the one for which nothing has come for longest first. */
  private final Set<Share> holders = new LinkedHashSet<>();

  private long takenBytes;

  /**
   * So much of it.
   *
   * @param totalBytes positive; as much as the largest request can hold, or it is refused always
   */
  public RequestMemory(long totalBytes) {
    this.totalBytes = totalBytes;
  }

  /**
   * For a request of which nothing has come yet.
   *
   * @param refusal called at most once, by any thread, when it has to give back what it holds; it
   *     is taken for given back then
   */
  public Share share(Runnable refusal) {
    return new Share(refusal);
  }

  /** What is counted now, in bytes. */
  public synchronized long takenBytes() {
    return takenBytes;
  }

  private void take(Share share, long bytes) {
    List<Share> refused = new ArrayList<>();
    synchronized (this) {
      if (share.refused) {
        return;
      }
      holders.remove(share);
      holders.add(share);
      share.bytes += bytes;
      takenBytes += bytes;
      while (takenBytes > totalBytes) {
        Share still = holders.iterator().next();
        giveBack(still);
        still.refused = true;
        refused.add(still);
      }
    }
    refused.forEach(each -> each.refusal.run());
  }

  private synchronized void giveBack(Share share) {
    if (holders.remove(share)) {
      takenBytes -= share.bytes;
      share.bytes = 0;
    }
  }

  /** What one request holds. What comes for it is added by one thread at a time. */
  public final class Share {

    private final Runnable refusal;

    /** What has come and is not counted yet. */
    private long pendingBytes;

    private volatile boolean counted;

    /** Guarded by the memory, as is the next one. */
    private long bytes;

    private boolean refused;

    private Share(Runnable refusal) {
      this.refusal = refusal;
    }

    /** More has come. */
    public void add(long more) {
      pendingBytes += more;
      if (counted || pendingBytes > UNCOUNTED_BYTES) {
        counted = true;
        long pending = pendingBytes;
        pendingBytes = 0;
        take(this, pending);
      }
    }

    /**
     * Gives everything back: the request is complete, or over. May be called again, and the share
     * be used for the next one.
     */
    public void release() {
      pendingBytes = 0;
      if (counted) {
        counted = false;
        giveBack(this);
      }
    }
  }
}
