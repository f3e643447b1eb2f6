package dev.jangada.cli.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code jangada lab} as a process. */
@Timeout(600)
class LabIT {

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // JUnit sets the directory
  LabIT() {}

  private String outputOf(int exitCode, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("jangada.classpath", ""));
    command.add("dev.jangada.cli.Main");
    command.add("lab");
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isEqualTo(exitCode);
    return output;
  }

  @Test
  void sameSeedPrintsTheSameWhateverRunsAtOnce() throws Exception {
    String one = outputOf(0, "2A", "2C.Figure8", "--runs", "3", "--seed", "7", "--parallel", "1");
    String two = outputOf(0, "2A", "2C.Figure8", "--runs", "3", "--seed", "7", "--parallel", "2");
    assertThat(one).isEqualTo(two).endsWith("15 passed, 0 failed\n");
    assertThat(outputOf(0, "2A", "2C.Figure8", "--runs", "3", "--seed", "8")).isNotEqualTo(one);
  }

  @Test
  @Timeout(600)
  void everyScenarioOfRaftPassesWithAFewSeeds() throws Exception {
    assertThat(outputOf(0, "2A", "2B", "2C", "2D", "--runs", "5", "--seed", "11"))
        .endsWith("165 passed, 0 failed\n");
  }

  @Test
  @Timeout(600)
  void everyScenarioOfTheServicePassesWithAFewSeeds() throws Exception {
    assertThat(outputOf(0, "3A", "3B", "rsm", "--runs", "2", "--seed", "11"))
        .endsWith("62 passed, 0 failed\n");
  }

  @Test
  void traceIsAPageThatNeedsNothingElse() throws Exception {
    Path page = directory.resolve("election.html");
    outputOf(0, "2A.InitialElection", "--seed", "1", "--trace", page.toString());
    assertThat(Files.readString(page)).startsWith("<!doctype html>").contains("</html>");
  }
}
