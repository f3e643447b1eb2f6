package dev.jangada.node.thread;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.storage.WriteAheadLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Writes the log. While one sync is under way the next writes accumulate, and all of them share the
 * sync that follows: the busier the node, the more writes there are to a sync.
 */
public final class DiskThread extends Thread implements LogWriter {
  private final Mailbox<Write> mailbox = new Mailbox<>();
  private final WriteAheadLog log;
  private final LongConsumer written;
  private final Consumer<Throwable> failed;

  /**
   * Creates the thread.
   *
   * @param written told the number of the last write of each batch that is durable
   * @param failed told the failure that ends the thread
   */
  public DiskThread(
      String name, WriteAheadLog log, LongConsumer written, Consumer<Throwable> failed) {
    super(name);
    this.log = log;
    this.written = written;
    this.failed = failed;
  }

  @Override
  public void write(Write write) {
    mailbox.put(write);
  }

  /** Lets the thread end after what it was given so far. */
  public void finish() {
    mailbox.close();
  }

  @Override
  public void run() {
    List<Write> batch = new ArrayList<>();
    try {
      while (mailbox.drainTo(batch)) {
        if (batch.isEmpty()) {
          mailbox.await(Long.MAX_VALUE);
          continue;
        }
        for (Write write : batch) {
          write.writeTo(log);
        }
        log.sync();
        written.accept(batch.getLast().number());
        batch.clear();
      }
    } catch (Throwable failure) {
      failed.accept(failure);
    }
  }
}
