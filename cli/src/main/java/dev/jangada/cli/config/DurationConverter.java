package dev.jangada.cli.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads times as etcd and etcdctl take them: {@code 500ms}, {@code 5s}, {@code 1m30s}, {@code 0}.
 */
public final class DurationConverter implements ITypeConverter<Duration> {

  private static final Pattern PART =
      Pattern.compile("(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:ns|us|µs|ms|s|m|h)");

  private static final BigDecimal MOST_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);

  /** For picocli. */
  public DurationConverter() {}

  @Override
  public Duration convert(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    Matcher part = PART.matcher(text);
    BigDecimal nanos = BigDecimal.ZERO;
    int at = 0;
    for (; at < text.length() && part.find(at) && part.start() == at; at = part.end()) {
      String unit = part.group().replaceFirst("[\\d.]+", "");
      String number = part.group().substring(0, part.group().length() - unit.length());
      nanos = nanos.add(new BigDecimal(number).multiply(BigDecimal.valueOf(nanosOf(unit))));
    }
    if (at < text.length() || text.isEmpty()) {
      throw new TypeConversionException(
          "\"" + text + "\" is not a number with a unit: 500ms, 5s or 1m30s");
    }
    if (nanos.compareTo(MOST_NANOS) > 0) {
      throw new TypeConversionException("\"" + text + "\" is longer than 292 years");
    }
    return Duration.ofNanos(nanos.longValue());
  }

  private static long nanosOf(String unit) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs" -> 1_000;
      case "ms" -> 1_000_000;
      case "s" -> 1_000_000_000;
      case "m" -> 60_000_000_000L;
      default -> 3_600_000_000_000L;
    };
  }
}
