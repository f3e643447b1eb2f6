package dev.jangada.node.transport;

import java.time.Duration;
import org.slf4j.Logger;

/**
 * Warns about what strangers can provoke as often as they like, but only so often: one line for
 * each interval, and in it the number of those that were held back.
 *
 * <p>Not safe for use by several threads.
 */
final class LogLimiter {

  private final Logger log;
  private final long intervalNanos;
  private long lastNanos;
  private long heldBack;
  private boolean used;

  LogLimiter(Logger log, Duration interval) {
    this.log = log;
    intervalNanos = interval.toNanos();
  }

  void warn(String sentence) {
    long now = System.nanoTime();
    if (used && now - lastNanos < intervalNanos) {
      heldBack++;
      return;
    }
    if (heldBack > 0) {
      log.warn("{} (and {} more such events since the last such line)", sentence, heldBack);
    } else {
      log.warn("{}", sentence);
    }
    used = true;
    lastNanos = now;
    heldBack = 0;
  }
}
