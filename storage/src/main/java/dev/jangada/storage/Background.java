package dev.jangada.storage;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Work on the disk that an executor may do beside the disk thread. Whoever needs the outcome before
 * the executor has begun does the work himself: so that no executor can hold up the log for longer
 * than the work takes, and one that runs its tasks on the disk thread, at some later time, does no
 * harm.
 *
 * <p>For the disk thread; only the work runs elsewhere.
 *
 * @param <T> the outcome
 */
final class Background<T> {

  private final FutureTask<T> task;

  private Background(FutureTask<T> task) {
    this.task = task;
  }

  /** Hands work to an executor. */
  static <T> Background<T> start(Callable<T> work, Executor executor) {
    FutureTask<T> task = new FutureTask<>(work);
    executor.execute(task);
    return new Background<>(task);
  }

  boolean hasFailed() {
    return task.state() == Future.State.FAILED;
  }

  /** The outcome, waited for or worked for. Throws what the work threw. */
  T finish() throws IOException {
    task.run();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          // The work goes on whether or not somebody waits for it, and its files are in use.
          interrupted = true;
        }
      }
    } catch (ExecutionException failure) {
      switch (failure.getCause()) {
        case IOException e -> throw new IOException(e.getMessage(), e);
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> throw new IllegalStateException("unexpected failure", failure);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
