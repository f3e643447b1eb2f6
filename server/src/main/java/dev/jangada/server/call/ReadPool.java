package dev.jangada.server.call;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that read the store, and build large answers, on behalf of threads that must not wait
 * for a disk: those that serve connections, and those that drive the log.
 *
 * <p>The queue is bounded: when clients ask for more than can be read, they are told so at once.
 */
public final class ReadPool implements Executor, AutoCloseable {

  private static final int QUEUED_READS = 8192;
  private static final long CLOSE_SECONDS = 10;

  private final ThreadPoolExecutor executor;

  /** Starts with no thread; they are started as they are needed, and kept. */
  public ReadPool(String memberName, int threads) {
    AtomicInteger count = new AtomicInteger();
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUED_READS),
            task -> {
              Thread thread =
                  new Thread(task, "jangada-" + memberName + "-read-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Runs an answer to a request on one of the threads; what it throws is told to the client, as is
   * a refusal to run it.
   */
  public void answer(Reply<?> reply, Runnable task) {
    try {
      executor.execute(() -> {
        if (!reply.isAnswered()) {
          reply.attempt(task);
        }
      });
    } catch (RejectedExecutionException e) {
      reply.refuse(executor.isShutdown() ? EtcdError.STOPPED : EtcdError.TOO_MANY_REQUESTS);
    }
  }

  /**
   * Runs a task on one of the threads.
   *
   * @throws RejectedExecutionException if too many wait already, or this is closed
   */
  @Override
  public void execute(Runnable task) {
    executor.execute(task);
  }

  /** Waits for what is being read; what waits still is read too. */
  @Override
  public void close() {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        executor.shutdownNow();
      }
    } catch (InterruptedException e) {
      executor.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
