package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

/** The expected texts are what etcdctl printed. */
class UnitsTest {

  private final Units.DurationConverter durations = new Units.DurationConverter();

  @ParameterizedTest
  @CsvSource({
    "0, 0s",
    "17, 17ns",
    "1500, 1.5µs",
    "1265788, 1.265788ms",
    "5000350000, 5.00035s",
    "5002278444, 5.002278444s",
    "65500000000, 1m5.5s",
    "3600000000000, 1h0m0s"
  })
  void durationHasTheLargestUnitThatFits(long nanos, String text) {
    assertThat(Units.duration(nanos)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"5s, 5000", "500ms, 500", "1m30s, 90000", "1.5s, 1500", ".5s, 500", "2h, 7200000"})
  void durationIsRead(String text, long millis) {
    assertThat(durations.convert(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @CsvSource({"5", "''", "s", "5 s", "5s!", "-5s"})
  void durationWithoutUnitIsRefused(String text) {
    assertThatThrownBy(() -> durations.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("\"" + text + "\" is not a number with a unit");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "9, 9 B",
    "82, 82 B",
    "999, 999 B",
    "1000, 1.0 kB",
    "20480, 20 kB",
    "24576, 25 kB",
    "1300000, 1.3 MB",
    "21000000000, 21 GB"
  })
  void sizeHasTwoDigits(long bytes, String text) {
    assertThat(Units.size(bytes)).isEqualTo(text);
  }

  @Test
  void largestSizeHasAUnit() {
    assertThat(Units.size(Long.MAX_VALUE)).isEqualTo("9.2 EB");
  }
}
