package dev.jangada.cli.ctl;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times and sizes as etcdctl writes them. */
final class Units {

  private static final Pattern DURATION =
      Pattern.compile("(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:ns|us|µs|ms|s|m|h)");

  private static final List<String> SIZES = List.of("B", "kB", "MB", "GB", "TB", "PB", "EB");

  private Units() {}

  /** Reads {@code 500ms}, {@code 5s} or {@code 1m30s}. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Matcher part = DURATION.matcher(text);
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

  /** For example {@code 1.265788ms} or {@code 1m5.5s}. */
  static String duration(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    if (nanos < 1_000) {
      return nanos + "ns";
    }
    if (nanos < 1_000_000) {
      return decimal(nanos, 3) + "µs";
    }
    if (nanos < 1_000_000_000) {
      return decimal(nanos, 6) + "ms";
    }
    long minutes = nanos / 60_000_000_000L;
    String seconds = decimal(nanos % 60_000_000_000L, 9) + "s";
    if (minutes == 0) {
      return seconds;
    }
    long hours = minutes / 60;
    return (hours == 0 ? "" : hours + "h") + minutes % 60 + "m" + seconds;
  }

  private static String decimal(long value, int scale) {
    BigDecimal decimal = BigDecimal.valueOf(value, scale).stripTrailingZeros();
    return decimal.toPlainString();
  }

  /** A number of bytes in two digits or more: {@code 20 kB}, {@code 1.3 MB}. Not negative. */
  static String size(long bytes) {
    if (bytes < 10) {
      return bytes + " B";
    }
    int power = 0;
    BigDecimal value = new BigDecimal(bytes);
    while (value.compareTo(BigDecimal.valueOf(1000)) >= 0) {
      value = value.divide(BigDecimal.valueOf(1000), MathContext.DECIMAL64);
      power++;
    }
    BigDecimal tenths = value.setScale(1, RoundingMode.HALF_UP);
    BigDecimal shown =
        tenths.compareTo(BigDecimal.TEN) < 0 ? tenths : tenths.setScale(0, RoundingMode.HALF_EVEN);
    return shown.toPlainString() + " " + SIZES.get(power);
  }
}
