package dev.jangada.cli.lab;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Says now and then how far runs are, if they take long; also when the user breaks them off. */
final class Progress implements AutoCloseable {

  private static final long FIRST_SECONDS = 2;
  private static final long PERIOD_SECONDS = 5;

  private final PrintWriter err;
  private final Runs runs;
  private final long total;
  private final long start = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("progress").daemon().factory());
  private final Thread hook = new Thread(() -> say("broken off"), "broken-off");
  private volatile String current = "";

  Progress(PrintWriter err, Runs runs, long total) {
    this.err = err;
    this.runs = runs;
    this.total = total;
    Runtime.getRuntime().addShutdownHook(hook);
    ScheduledFuture<?> unused =
        timer.scheduleAtFixedRate(
            () -> say("at " + current), FIRST_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
  }

  /** A scenario's turn has come. */
  void at(String scenario) {
    current = scenario;
  }

  private void say(String what) {
    err.printf(
        Locale.ROOT,
        "%s: %d of %d runs done after %.0f s%n",
        what,
        runs.done(),
        total,
        (System.nanoTime() - start) / 1e9);
    err.flush();
  }

  @Override
  public void close() {
    timer.shutdownNow();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is being shut down, and the hook has its say.
    }
  }
}
