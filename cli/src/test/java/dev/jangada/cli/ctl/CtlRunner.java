package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/** Runs commands in this JVM and keeps what they print. */
final class CtlRunner {

  /** What a command printed, and what it ended with. */
  record Result(int exitCode, String out, String err) {}

  private final Map<String, String> environment = new HashMap<>();

  CtlRunner with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Result run(String... arguments) {
    return runWithInput("", arguments);
  }

  Result runWithInput(String input, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8));
    CommandLine commandLine = CtlCommand.commandLine(environment, console);
    StringWriter usage = new StringWriter();
    commandLine.setErr(new PrintWriter(usage, true));
    int exitCode = commandLine.execute(arguments);
    return new Result(
        exitCode,
        out.toString(StandardCharsets.UTF_8),
        err.toString(StandardCharsets.UTF_8) + usage);
  }

  /** Starts a command that goes on until it is closed, which is Ctrl-C for it. */
  Running start(String... arguments) {
    return new Running(environment, arguments);
  }

  /** A command that runs. Thread-safe. */
  static final class Running implements AutoCloseable {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> end = new CompletableFuture<>();
    private final Thread thread;

    private Running(Map<String, String> environment, String... arguments) {
      Console console =
          new Console(
              InputStream.nullInputStream(),
              out,
              new PrintStream(err, true, StandardCharsets.UTF_8));
      CommandLine commandLine = CtlCommand.commandLine(environment, console);
      commandLine.setExecutionExceptionHandler((failure, failed, parsed) -> {
        if (failure instanceof InterruptedException) {
          return 130;
        }
        throw failure;
      });
      thread =
          Thread.ofPlatform()
              .daemon()
              .name(String.join(" ", arguments))
              .start(() -> end.complete(commandLine.execute(arguments)));
    }

    String output() {
      return out.toString(StandardCharsets.UTF_8);
    }

    String errors() {
      return err.toString(StandardCharsets.UTF_8);
    }

    /** Waits until it has printed this, which is a regular expression, and nothing else. */
    void awaitOutput(String pattern, Duration patience) {
      await()
          .atMost(patience)
          .untilAsserted(() -> assertThat(output()).as("errors: %s", errors()).matches(pattern));
    }

    int awaitEnd(Duration patience) {
      return end.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS).join();
    }

    @Override
    public void close() {
      thread.interrupt();
      assertThat(awaitEnd(Duration.ofSeconds(60))).isIn(0, 1, 130);
    }
  }
}
