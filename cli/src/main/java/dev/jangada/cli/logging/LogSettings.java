package dev.jangada.cli.logging;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.jangada.server.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.slf4j.LoggerFactory;

/**
 * Where the log of a server goes, and how its lines look.
 *
 * @param json whether each line is a JSON object; otherwise it is for people
 * @param outputs {@code stderr}, {@code stdout} or files, at least one
 */
public record LogSettings(boolean json, Set<String> outputs) {

  private static final String STDERR = "stderr";
  private static final String STDOUT = "stdout";

  private static final String PATTERN =
      "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\", UTC} %-5level [%thread] %logger{0}: %msg%n%xEx";

  /**
   * Reads what the flags say.
   *
   * @param format {@code console} or {@code json}
   * @param outputs separated by commas: {@code default}, {@code stderr}, {@code stdout}, or paths
   * @throws ConfigException if they cannot be understood
   */
  public static LogSettings parse(String format, String outputs) {
    boolean json =
        switch (format) {
          case "json" -> true;
          case "console" -> false;
          default ->
              throw new ConfigException(
                  "--log-format must be console or json, is \"" + format + "\"");
        };
    Set<String> targets = new LinkedHashSet<>();
    for (String output : outputs.split(",", -1)) {
      targets.add(
          switch (output.strip()) {
            case "" -> throw new ConfigException("--log-outputs \"" + outputs + "\" has a gap");
            case "default", "systemd/journal" -> STDERR;
            default -> output.strip();
          });
    }
    return new LogSettings(json, targets);
  }

  /**
   * Reads a level, one of etcd's or {@code trace}.
   *
   * @return as Logback calls it
   * @throws ConfigException if there is none of that name
   */
  public static String level(String level) {
    return switch (level.toLowerCase(Locale.ROOT)) {
      case "trace" -> "TRACE";
      case "debug" -> "DEBUG";
      case "info" -> "INFO";
      case "warn" -> "WARN";
      // etcd tells worse errors by more names.
      case "error", "dpanic", "panic", "fatal" -> "ERROR";
      default ->
          throw new ConfigException(
              "--log-level " + level + " is not one of trace, debug, info, warn, error");
    };
  }

  /**
   * Has the log go there from now on. Levels stay.
   *
   * @throws ConfigException if a file cannot be written
   */
  public void apply() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    // Before those there are go, so that a refusal leaves them.
    List<OutputStreamAppender<ILoggingEvent>> appenders =
        outputs.stream().map(output -> appender(context, output)).toList();
    root.detachAndStopAllAppenders();
    appenders.forEach(root::addAppender);
  }

  private OutputStreamAppender<ILoggingEvent> appender(LoggerContext context, String output) {
    OutputStreamAppender<ILoggingEvent> appender;
    if (output.equals(STDERR) || output.equals(STDOUT)) {
      ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
      console.setTarget(output.equals(STDERR) ? "System.err" : "System.out");
      appender = console;
    } else {
      Path file = Path.of(output).toAbsolutePath();
      Path directory = file.getParent();
      boolean writable =
          Files.exists(file)
              ? Files.isWritable(file) && !Files.isDirectory(file)
              : directory != null && Files.isWritable(directory);
      if (!writable) {
        throw new ConfigException("--log-outputs: cannot write to " + output);
      }
      FileAppender<ILoggingEvent> lines = new FileAppender<>();
      lines.setFile(file.toString());
      lines.setAppend(true);
      appender = lines;
    }
    appender.setContext(context);
    appender.setName(output);
    appender.setEncoder(encoder(context));
    appender.start();
    return appender;
  }

  private Encoder<ILoggingEvent> encoder(LoggerContext context) {
    if (json) {
      JsonLines lines = new JsonLines();
      lines.setContext(context);
      lines.start();
      return lines;
    }
    PatternLayoutEncoder lines = new PatternLayoutEncoder();
    lines.setContext(context);
    lines.setPattern(PATTERN);
    lines.start();
    return lines;
  }
}
