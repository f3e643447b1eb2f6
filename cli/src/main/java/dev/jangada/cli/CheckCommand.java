package dev.jangada.cli;

import dev.jangada.server.DataCheck;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads all that a stopped member has on disk, and says what is wrong with it. */
@Command(
    name = "check",
    description = {
      "Reads the log, the snapshot and the store of a member that is stopped, from beginning to"
          + " end, and compares all with its checksums. Changes nothing.",
      "",
      "Exit code 0 if all is well, 1 if not."
    },
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "DATA_DIR",
      description = "Data directory of the member, as --data-dir of the server.")
  private Path dataDirectory;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it runs anything
  private CheckCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    err.println("reading all of " + dataDirectory + " ...");
    err.flush();
    DataCheck check;
    try {
      check = DataCheck.of(dataDirectory);
    } catch (IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()));
    }
    check.facts().forEach(out::println);
    check.damage().forEach(damage -> out.println("DAMAGED " + damage));
    out.println(check.damage().isEmpty() ? "all is well" : check.damage().size() + " damaged");
    out.flush();
    return check.damage().isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
  }
}
