package dev.jangada.cli.simulate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulateCommandTest {

  @TempDir Path directory;

  /** What a call of the command gave. */
  private record Outcome(int exitCode, String out, String err) {}

  @Test
  void runsArePrintedWithWhatTheyMet() {
    Outcome outcome = simulate("--runs", "3", "--duration", "2s", "--nodes", "3");

    assertThat(outcome.exitCode()).isZero();
    assertThat(outcome.out())
        .contains("3 runs from seed 1, 3 nodes, faults for 2s: some of all")
        .contains("simulated time")
        .contains("operations checked")
        .endsWith("3 passed, 0 failed" + System.lineSeparator());
    assertThat(outcome.err()).contains("x real time").contains("steps/s");
  }

  @Test
  void onlyChosenFaultsHappen() {
    Outcome outcome = simulate("--runs", "2", "--duration", "4s", "--faults", "crash,disk");

    assertThat(outcome.out())
        .contains("crash ")
        .contains("bit-rot ")
        .contains("slow-disk ")
        .doesNotContain("partition")
        .doesNotContain("pause");
  }

  @Test
  void parallelRunsPrintTheSame() {
    String one = simulate("--runs", "6", "--duration", "1s").out();

    assertThat(simulate("--runs", "6", "--duration", "1s", "--parallel", "3").out()).isEqualTo(one);
  }

  @Test
  void otherProcessPrintsTheSameToTheByte() throws Exception {
    String[] arguments = {"--seed", "5", "--runs", "4", "--duration", "2s", "--faults", "all"};

    byte[] one = inOtherProcess("one", arguments);
    byte[] other = inOtherProcess("other", arguments);

    assertThat(new String(one, UTF_8)).contains("4 passed, 0 failed");
    assertThat(other).isEqualTo(one);
  }

  @Test
  void traceIsWritten() throws IOException {
    Path text = directory.resolve("run.txt");
    Path page = directory.resolve("run.html");

    assertThat(simulate("--duration", "1s", "--trace", text.toString()).exitCode()).isZero();
    assertThat(simulate("--duration", "1s", "--trace", page.toString()).exitCode()).isZero();

    assertThat(Files.readAllLines(text)).hasSizeGreaterThan(100);
    assertThat(page).content().contains("<html").contains("jangada simulate --seed 1");
  }

  @Test
  void wrongUseIsExplained() {
    assertThat(simulate("--faults", "crsh").err()).contains("there is no fault 'crsh'");
    assertThat(simulate("--duration", "ten").err()).contains("'ten' is no time");
    assertThat(simulate("--nodes", "9").err()).contains("--nodes must be 1 to 8");
    assertThat(simulate("--workload", "bank").err()).contains("there are kv and register");
    assertThat(simulate("--runs", "2", "--only", "3").err()).contains("repeat a single run");
    assertThat(simulate("--trace", "run.pdf").err()).contains("a .html or a .txt file");
    assertThat(simulate("--runs", "0").exitCode()).isEqualTo(2);
  }

  private static Outcome simulate(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        new CommandLine(new SimulateCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Outcome(exitCode, out.toString(), err.toString());
  }

  /** Calls the command in a process of its own, and returns what that printed. */
  private byte[] inOtherProcess(String name, String... arguments)
      throws IOException, InterruptedException {
    Path out = directory.resolve(name);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.jangada.cli.Main",
                "simulate"));
    command.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(directory.resolve(name + ".err").toFile())
            .start();
    assertThat(process.waitFor())
        .as(() -> "exit code; it said on standard error: " + readError(name))
        .isZero();
    return Files.readAllBytes(out);
  }

  private String readError(String name) {
    try {
      return Files.readString(directory.resolve(name + ".err"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
