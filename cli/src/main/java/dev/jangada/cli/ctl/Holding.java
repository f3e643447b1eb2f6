package dev.jangada.cli.ctl;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is held until the user has enough: Ctrl-C ends what was started under a session's
 * protection, then the session, so that the next in the queue does not wait for the lease to end.
 */
final class Holding implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Session session;
  private final Thread release = new Thread(this::releaseAndEnd, "release");
  private volatile @Nullable Process process;
  private volatile boolean enough;

  /** Takes the session over. */
  Holding(Session session) {
    this.session = session;
    Runtime.getRuntime().addShutdownHook(release);
  }

  /** Names a process that must not outlive the session. */
  void protects(Process started) {
    process = started;
  }

  /**
   * Waits until the session ends. Ctrl-C is now what the user is expected to do, and no failure.
   */
  void untilSessionEnds() throws InterruptedException {
    enough = true;
    session.awaitEnd();
  }

  private void releaseAndEnd() {
    boolean expected = enough;
    release();
    if (expected) {
      Runtime.getRuntime().halt(0);
    }
  }

  private void release() {
    stopProcess();
    session.close();
  }

  private void stopProcess() {
    Process running = process;
    if (running == null) {
      return;
    }
    running.destroy();
    try {
      if (!running.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        running.destroyForcibly();
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(release);
    } catch (IllegalStateException e) {
      // The process ends, and the hook does this.
      return;
    }
    release();
  }
}
