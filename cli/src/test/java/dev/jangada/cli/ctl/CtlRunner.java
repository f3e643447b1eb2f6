package dev.jangada.cli.ctl;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
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
}
