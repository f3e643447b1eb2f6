package dev.jangada.server.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** etcd's settings for compaction. */
class CompactionPolicyTest {

  @ParameterizedTest
  @CsvSource({
    "1, PT1H",
    "72h, PT72H",
    "5m, PT5M",
    "1h30m, PT1H30M",
    "10s, PT10S",
    "1500ms, PT1.5S",
    "1m1s1ms, PT1M1.001S"
  })
  void timesAreEtcdsAndANumberIsHours(String retention, Duration period) {
    assertThat(CompactionPolicy.parse("periodic", retention))
        .isEqualTo(new CompactionPolicy.KeepTime(period));
  }

  @Test
  void revisionsAreANumber() {
    assertThat(CompactionPolicy.parse("revision", "1000"))
        .isEqualTo(new CompactionPolicy.KeepRevisions(1000));
  }

  @ParameterizedTest
  @CsvSource({"periodic, 0", "periodic, 0s", "periodic, 0h", "revision, 0"})
  void zeroIsOff(String mode, String retention) {
    assertThat(CompactionPolicy.parse(mode, retention)).isEqualTo(CompactionPolicy.OFF);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "1d", "1m1h", "h", "10ms", "1.5h"})
  void otherTimesAreRefused(String retention) {
    assertThatThrownBy(() -> CompactionPolicy.parse("periodic", retention))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--auto-compaction-retention must be a time")
        .hasMessageContaining("\"" + retention + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1h", "-1", "x"})
  void otherRevisionsAreRefused(String retention) {
    assertThatThrownBy(() -> CompactionPolicy.parse("revision", retention))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--auto-compaction-retention must be a number of revisions");
  }

  @Test
  void otherModesAreRefused() {
    assertThatThrownBy(() -> CompactionPolicy.parse("hourly", "1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--auto-compaction-mode must be periodic or revision, is \"hourly\"");
  }
}
