package dev.jangada.cli.ctl;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;

/** Times and sizes as etcdctl writes them. */
final class Units {

  private static final List<String> SIZES = List.of("B", "kB", "MB", "GB", "TB", "PB", "EB");

  private Units() {}

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
