package dev.jangada.server.upkeep;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has what a member does by itself looked after once a second, on a thread of its own. */
public final class Upkeep implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private static final long CLOSE_SECONDS = 5;

  private final ScheduledExecutorService executor;

  /**
   * Begins.
   *
   * @param tasks each quickly done
   */
  public Upkeep(String memberName, List<Runnable> tasks) {
    this.executor =
        Executors.newSingleThreadScheduledExecutor(task -> {
          Thread thread = new Thread(task, "jangada-" + memberName + "-upkeep");
          thread.setDaemon(true);
          return thread;
        });
    for (Runnable task : tasks) {
      var unused = executor.scheduleWithFixedDelay(() -> attempt(task), 1, 1, TimeUnit.SECONDS);
    }
  }

  private static void attempt(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      // What fails here fails the node as well, unless it is closed already.
      LOG.debug("upkeep: tried again later", e);
    }
  }

  /** To be called before node and store are closed. */
  @Override
  public void close() {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("upkeep: its thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
