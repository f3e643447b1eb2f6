package dev.jangada.node.thread;

import dev.jangada.node.driver.RaftDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a driver: takes all events that have accumulated, tells the driver, and lets it do what
 * follows, again and again, until its mailbox is closed.
 */
public final class DriverThread extends Thread {
  private final Mailbox<DriverEvent> mailbox;
  private final RaftDriver driver;
  private final long tickNanos;
  private final AfterTurn afterTurn;
  private final Consumer<Throwable> failed;
  private final Consumer<List<DriverEvent>> ended;

  /** Called on this thread after each turn. */
  @FunctionalInterface
  public interface AfterTurn {
    /**
     * The driver has done all that follows from what it was told.
     *
     * @param nowNanos when the turn began, on the clock of {@link System#nanoTime}
     * @return whether there is to be another turn
     */
    boolean turned(long nowNanos);
  }

  /**
   * Creates the thread.
   *
   * @param mailbox this thread alone takes out of it
   * @param tickNanos how long a tick is
   * @param failed told the failure that ends the thread
   * @param ended called on this thread when it ends, whatever the reason, with what was taken out
   *     of the mailbox and the driver has not been told: nobody else knows of it
   */
  public DriverThread(
      String name,
      Mailbox<DriverEvent> mailbox,
      RaftDriver driver,
      long tickNanos,
      AfterTurn afterTurn,
      Consumer<Throwable> failed,
      Consumer<List<DriverEvent>> ended) {
    super(name);
    this.mailbox = mailbox;
    this.driver = driver;
    this.tickNanos = tickNanos;
    this.afterTurn = afterTurn;
    this.failed = failed;
    this.ended = ended;
  }

  @Override
  public void run() {
    List<DriverEvent> events = new ArrayList<>();
    try {
      turns(events);
    } catch (Throwable failure) {
      failed.accept(failure);
    } finally {
      ended.accept(events);
    }
  }

  /**
   * What has arrived is told before the tick that has become due: after a long pause of the
   * process, a leader's message that was waiting must count before time does.
   *
   * @param events empty; if this throws it has what the driver has not been told
   */
  private void turns(List<DriverEvent> events) {
    TickSchedule ticks = new TickSchedule(tickNanos, System.nanoTime());
    driver.advance();
    while (mailbox.drainTo(events)) {
      if (events.isEmpty()) {
        long untilTick = ticks.untilNext(System.nanoTime());
        if (untilTick > 0) {
          mailbox.await(untilTick);
          continue;
        }
      }
      long now = System.nanoTime();
      driver.observeTime(now);
      tellAll(events);
      if (ticks.isDue(now)) {
        driver.tick();
      }
      driver.advance();
      if (!afterTurn.turned(now)) {
        return;
      }
    }
  }

  /** Tells the driver, and takes out what it was told. */
  private void tellAll(List<DriverEvent> events) {
    int told = 0;
    try {
      for (DriverEvent event : events) {
        event.tell(driver);
        told++;
      }
    } finally {
      events.subList(0, told).clear();
    }
  }
}
