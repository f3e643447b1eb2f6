package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The expected texts are what etcdctl printed. */
class UnitsTest {

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
