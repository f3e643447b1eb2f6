package dev.jangada.server.upkeep;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Times as etcd's users write them. */
final class Times {

  private static final Pattern HOURS = Pattern.compile("\\d{1,9}");
  private static final Pattern PARTS =
      Pattern.compile("(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");

  private Times() {}

  /**
   * Reads hours, minutes, seconds and milliseconds in this order, as in {@code 1h30m}; a number
   * alone is hours. Null if it is none of these.
   */
  static @Nullable Duration parse(String text) {
    if (HOURS.matcher(text).matches()) {
      return Duration.ofHours(Long.parseLong(text));
    }
    Matcher parts = PARTS.matcher(text);
    if (text.isEmpty() || !parts.matches()) {
      return null;
    }
    return Duration.ofHours(number(parts, 1))
        .plusMinutes(number(parts, 2))
        .plusSeconds(number(parts, 3))
        .plusMillis(number(parts, 4));
  }

  private static long number(Matcher parts, int group) {
    String digits = parts.group(group);
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
