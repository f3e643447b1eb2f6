package dev.jangada.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.simulation.lab.LabResult;
import dev.jangada.simulation.lab.LabScenario;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReportTest {

  private static final LabScenario SCENARIO =
      new LabScenario("2C", "Figure8", "Figure 8", world -> {});

  private final StringWriter text = new StringWriter();

  private Report report(boolean realTime) {
    return new Report(new PrintWriter(text), realTime);
  }

  private static LabResult result(long seed, double seconds, @Nullable String failure) {
    return result(seed, seconds, null, failure);
  }

  private static LabResult result(
      long seed, double seconds, @Nullable String note, @Nullable String failure) {
    return new LabResult(SCENARIO, seed, (long) (seconds * 1e9), 5, 100, 2000, 7, note, failure);
  }

  @Test
  void oneRunIsToldAsTheCourseTellsIt() {
    Report report = report(false);
    report.begin(SCENARIO);
    report.end(List.of(result(1, 3.14, null)));
    report.total();
    assertThat(text)
        .hasToString(
            """
            Test (2C): Figure 8 ...
              ... Passed --    3.1  5    100      2000     7
            1 passed, 0 failed
            """);
  }

  @Test
  void failureIsToldWithItsSeedAndTheCommandThatRepeatsIt() {
    Report report = report(true);
    report.begin(SCENARIO);
    report.end(List.of(result(42, 3, "no agreement")));
    report.total();
    assertThat(text.toString())
        .contains(
            "  ... Failed -- ",
            "      seed 42: no agreement\n",
            "      again: ./jangada lab 2C.Figure8 --seed 42 --real-time\n",
            "0 passed, 1 failed\n");
    assertThat(report.failed()).isEqualTo(1);
  }

  @Test
  void manyRunsAreToldTogether() {
    Report report = report(false);
    report.begin(SCENARIO);
    report.end(List.of(result(1, 1, null), result(2, 2, "bad"), result(3, 6, null)));
    assertThat(text.toString())
        .contains(
            "Failed -- 2 of 3 runs",
            "time     1.0 / 3.0 / 6.0\n",
            "rpcs     100 / 100 / 100\n",
            "seed 2: bad\n");
    assertThat(report.passed()).isEqualTo(2);
  }

  @Test
  void noteIsToldOnceWithTheFirstRunThatHasIt() {
    Report report = report(false);
    report.begin(SCENARIO);
    report.end(
        List.of(
            result(1, 1, null),
            result(2, 2, "nobody knows", null),
            result(3, 6, "nobody knows", null)));
    assertThat(text.toString())
        .contains(
            "Passed -- 3 of 3 runs",
            "      note: nobody knows (2 of 3 runs, the first with seed 2)\n");
    assertThat(report.failed()).isZero();
  }

  @Test
  void firstRunHasTheGivenSeedAndTheOthersDifferFromEachOther() {
    assertThat(Seeds.of(42, "2C.Figure8", 0)).isEqualTo(42);
    Set<Long> seeds = new HashSet<>();
    for (String scenario : List.of("2C.Figure8", "2B.Backup")) {
      for (long first = 1; first <= 20; first++) {
        for (int run = 1; run <= 100; run++) {
          assertThat(seeds.add(Seeds.of(first, scenario, run))).isTrue();
        }
      }
    }
    assertThat(seeds).allMatch(seed -> seed >= 0 && seed < Seeds.BOUND);
  }
}
