package dev.jangada.cli.simulate;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads times as people write them: {@code 500ms}, {@code 30s}, {@code 10m}, {@code 1h}. */
final class DurationConverter implements ITypeConverter<Duration> {

  private static final Pattern TIME = Pattern.compile("(\\d{1,15})(ns|ms|s|m|h)");

  @Override
  public Duration convert(String text) {
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      throw new TypeConversionException(
          "'" + text + "' is no time; write for example 500ms, 30s, 10m or 1h");
    }
    long count = Long.parseLong(time.group(1));
    Duration duration =
        switch (time.group(2)) {
          case "ns" -> Duration.ofNanos(count);
          case "ms" -> Duration.ofMillis(count);
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          default -> Duration.ofHours(count);
        };
    if (duration.compareTo(Duration.ofDays(30)) > 0) {
      throw new TypeConversionException("'" + text + "' is longer than thirty days");
    }
    return duration;
  }
}
