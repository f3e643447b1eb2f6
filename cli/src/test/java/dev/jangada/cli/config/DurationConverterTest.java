package dev.jangada.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

class DurationConverterTest {

  private final DurationConverter durations = new DurationConverter();

  @ParameterizedTest
  @CsvSource({
    "5s, 5000",
    "500ms, 500",
    "1m30s, 90000",
    "1.5s, 1500",
    ".5s, 500",
    "2h, 7200000",
    "300000000ns, 300",
    "0, 0",
    "0s, 0"
  })
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
  @CsvSource({"3000000h", "99999999999999999999s"})
  void durationThatOverflowsIsRefused(String text) {
    assertThatThrownBy(() -> durations.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("is longer than 292 years");
  }
}
