package dev.jangada.cli.ctl;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A command that the user wants run, on the same terminal. */
final class Child {

  private Child() {}

  /** Runs it to its end, with nobody else to know. */
  static void run(List<String> command, Map<String, String> environment)
      throws InterruptedException {
    run(command, environment, started -> {});
  }

  /**
   * Runs it to its end. A thread that is interrupted ends it.
   *
   * @param environment in addition to this process's own
   * @param started told of the process once it runs
   * @throws CtlException if it cannot be started or fails
   */
  static void run(List<String> command, Map<String, String> environment, Consumer<Process> started)
      throws InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().putAll(environment);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new CtlException(
          CtlException.Kind.FAILURE, "cannot run " + command.get(0) + ": " + e.getMessage());
    }
    started.accept(process);
    int exitCode;
    try {
      exitCode = process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      throw e;
    }
    if (exitCode != 0) {
      throw new CtlException(
          CtlException.Kind.FAILURE, command.get(0) + " ended with exit status " + exitCode);
    }
  }
}
