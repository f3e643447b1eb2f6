package dev.jangada.cli;

import dev.jangada.cli.logging.LogSettings;
import dev.jangada.server.ConfigException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** etcd's flags for the log. */
final class LogFlags {

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      description = "trace, debug, info, warn or error (default: info, or what JANGADA_LOG says).")
  private @Nullable String level;

  @Option(
      names = "--log-format",
      paramLabel = "console|json",
      description = "Lines for people, or a JSON object each (default: console).")
  private @Nullable String format;

  @Option(
      names = "--log-outputs",
      paramLabel = "OUTPUT,...",
      description = "stderr, stdout, or files that are appended to (default: stderr).")
  private @Nullable String outputs;

  @Option(names = "--logger", paramLabel = "zap", description = "Taken and ignored: there is one.")
  private @Nullable String logger;

  LogFlags() {}

  /**
   * Has the log be as the flags say. Comes before the first logger, because that is when the level
   * is read.
   *
   * @throws ConfigException if that cannot be
   */
  void apply() {
    if (logger != null && !logger.equals("zap") && !logger.equals("capnslog")) {
      throw new ConfigException("--logger must be zap, is \"" + logger + "\"");
    }
    if (level != null) {
      System.setProperty("JANGADA_LOG", LogSettings.level(level));
    }
    if (format != null || outputs != null) {
      LogSettings.parse(
              Objects.requireNonNullElse(format, "console"),
              Objects.requireNonNullElse(outputs, "default"))
          .apply();
    }
  }
}
