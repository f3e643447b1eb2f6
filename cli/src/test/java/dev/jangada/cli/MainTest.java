package dev.jangada.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine commandLine = Main.commandLine(Map.of());
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(EtcdFlagStyle.normalize(args));
  }

  @Test
  void helpNamesEveryCommand() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("up", "server", "bench", "lab");
  }

  @Test
  void versionIsThatOfTheBuild() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("(?s)jangada \\d+\\.\\d+\\.\\d+.*Java \\d+.*");
  }

  @Test
  void helpIsNoWiderThanAHundredColumnsAndBreaksNoUrl() {
    assertThat(run("server", "--help")).isZero();
    assertThat(out.toString())
        .startsWith("Usage: jangada server [OPTIONS]")
        .contains("http://localhost:2379");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void everyCommandHasTheVersion() {
    assertThat(run("snapshot", "restore", "--version")).isZero();
    assertThat(out.toString()).startsWith("jangada ");
  }

  @Test
  void directoryThatCannotBeMadeIsNamedWithAReasonAndNoStackTrace(@TempDir Path directory)
      throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    String below = file.resolve("data").toString();

    assertThat(run("up", "--data-dir", below)).isEqualTo(1);
    assertThat(run("server", "--data-dir", below)).isEqualTo(1);
    assertThat(err.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.matches("jangada \\w+: .*" + below + ".*: .+"));
  }

  @Test
  void requestLargerThanAnEntryOfTheLogIsRefused() {
    assertThat(run("server", "--max-request-bytes", "1000000000")).isEqualTo(2);
    assertThat(err.toString()).contains("--max-request-bytes must be between 1 and 267911168");
  }

  @Test
  void callWithoutCommandIsRefused() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("which command");
  }

  @Test
  void unknownFlagIsNamedWithARemedy() {
    assertThat(run("server", "--election-timout", "500")).isEqualTo(2);
    assertThat(err.toString())
        .contains("jangada server: ", "--election-timout", "--election-timeout", "--help");
  }

  @Test
  void contradictoryFlagsAreNamedWithARemedy() {
    assertThat(run("server", "--heartbeat-interval", "200", "--election-timeout", "300"))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("--election-timeout must be at least five times --heartbeat-interval");
  }

  @Test
  void flagGivenTwiceIsRefused() {
    assertThat(run("server", "--name", "a", "--name", "b")).isEqualTo(2);
    assertThat(err.toString()).contains("--name").contains("only once");
  }

  @Test
  void unknownLogLevelIsRefused() {
    assertThat(run("server", "--log-level", "loud")).isEqualTo(2);
    assertThat(err.toString()).contains("--log-level loud is not one of");
  }

  @Test
  void portsThatOverlapAreRefusedBeforeAnythingStarts() {
    assertThat(run("up", "--client-port", "2379", "--peer-port", "2389")).isEqualTo(2);
    assertThat(err.toString()).contains("port 2389 would be used twice");
  }

  @Test
  void benchRefusesAnEndpointThatIsNone() {
    assertThat(run("bench", "put", "--endpoints", "localhost")).isEqualTo(2);
    assertThat(err.toString()).contains("\"localhost\" is not of the form HOST:PORT");
  }

  @Test
  void benchRefusesMoreKeysThanTheirSizeAllows() {
    assertThat(run("bench", "put", "--key-size", "2", "--key-space", "1000")).isEqualTo(2);
    assertThat(err.toString()).contains("--key-size 2 has no room for 1000 different keys");
  }

  @Test
  void benchRefusesTwoEndsOfAMeasurement() {
    assertThat(run("bench", "put", "--total", "5", "--duration", "1s")).isEqualTo(2);
    assertThat(err.toString()).contains("--total and --duration exclude each other");
  }

  @Test
  void benchRefusesADurationWithoutUnit() {
    assertThat(run("bench", "put", "--duration", "10")).isEqualTo(2);
    assertThat(err.toString()).contains("\"10\" is not a whole number with a unit");
  }

  @Test
  void benchRangeRefusesUnknownConsistency() {
    assertThat(run("bench", "range", "--consistency", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("--consistency must be l or s");
  }

  @Test
  void labRefusesAnUnknownNameAndSuggestsSimilarOnes() {
    assertThat(run("lab", "2A", "2C.Figur8")).isEqualTo(2);
    assertThat(err.toString())
        .contains("no part or scenario \"2C.Figur8\"", "did you mean 2C.Figure8");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void labRefusesAnUnknownNameThatIsLikeNothing() {
    assertThat(run("lab", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("no part or scenario \"x\"; --list shows what there is");
  }

  @Test
  void labListsThePartsThatAreNamed() {
    assertThat(run("lab", "2a", "2B.Backup", "--list")).isZero();
    assertThat(out.toString())
        .contains("2A.InitialElection", "2A.ReElection", "2A.ManyElections", "2B.Backup")
        .doesNotContain("2B.BasicAgree", "2C.");
  }

  @Test
  void labRefusesImpossibleNumbers() {
    assertThat(run("lab", "--runs", "0")).isEqualTo(2);
    assertThat(run("lab", "--parallel", "0")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--runs must be at least 1", "--parallel must be at least 1");
  }

  @Test
  void labRefusesATraceInRealTime() {
    assertThat(run("lab", "2A", "--real-time", "--trace", "x.html")).isEqualTo(2);
    assertThat(err.toString()).contains("--trace needs virtual time");
  }

  @Test
  void labRunsAScenarioAndTellsHowItWent() {
    assertThat(run("lab", "2A.InitialElection", "--seed", "1")).isZero();
    assertThat(out.toString())
        .matches(
            """
            Test \\(2A\\): initial election \\.\\.\\.
              \\.\\.\\. Passed -- +\\d+\\.\\d +3 +\\d+ +\\d+ +\\d+
            1 passed, 0 failed
            """);
    assertThat(err.toString()).contains("1 runs", "of real time", "of processor time");
  }
}
