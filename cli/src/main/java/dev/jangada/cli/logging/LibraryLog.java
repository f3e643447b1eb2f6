package dev.jangada.cli.logging;

import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LocationAwareLogger;

/**
 * Has what the libraries log through {@code java.util.logging}, gRPC above all, go where all the
 * rest goes and look like it: one line, or one JSON object, at the level that was asked for.
 */
public final class LibraryLog extends Handler {

  /** Only asked for the text of a record. */
  private final SimpleFormatter formatter = new SimpleFormatter();

  private LibraryLog() {}

  /** Takes the place of whatever the JDK does with these records by default. */
  public static void install() {
    LogManager.getLogManager().reset();
    java.util.logging.Logger root = java.util.logging.Logger.getLogger("");
    root.setLevel(java.util.logging.Level.INFO);
    root.addHandler(new LibraryLog());
  }

  @Override
  public void publish(LogRecord entry) {
    String name = entry.getLoggerName();
    Logger logger = LoggerFactory.getLogger(name == null ? "" : name);
    if (logger instanceof LocationAwareLogger aware) {
      aware.log(
          null,
          LibraryLog.class.getName(),
          level(entry.getLevel()),
          formatter.formatMessage(entry),
          null,
          entry.getThrown());
    }
  }

  private static int level(java.util.logging.Level level) {
    int value = level.intValue();
    if (value >= java.util.logging.Level.SEVERE.intValue()) {
      return LocationAwareLogger.ERROR_INT;
    }
    if (value >= java.util.logging.Level.WARNING.intValue()) {
      return LocationAwareLogger.WARN_INT;
    }
    return value >= java.util.logging.Level.INFO.intValue()
        ? LocationAwareLogger.INFO_INT
        : LocationAwareLogger.DEBUG_INT;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
