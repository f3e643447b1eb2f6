package dev.jangada.cli;

import dev.jangada.cli.bench.BenchCommand;
import dev.jangada.cli.cluster.ClusterException;
import dev.jangada.cli.ctl.CtlCommand;
import dev.jangada.cli.lab.LabCommand;
import dev.jangada.cli.simulate.SimulateCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code jangada} command. Its exit code is 0 if all went well, 1 if not, 2 if it was called
 * wrongly.
 */
@Command(
    name = "jangada",
    description = "A fault-tolerant key-value store that speaks the etcd v3 API.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      ServerCommand.class,
      SimulateCommand.class,
      BenchCommand.class,
      LabCommand.class,
      SnapshotCommand.class,
      CheckCommand.class,
      RehearsalCommand.class
    })
public final class Main implements Runnable {

  private static final int USAGE_WIDTH = 100;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it runs anything
  private Main() {}

  /** Runs the command and exits. */
  public static void main(String[] args) {
    String[] exact;
    try {
      exact = ExactArguments.of(args);
    } catch (IllegalArgumentException e) {
      System.err.println("jangada: " + e.getMessage());
      System.exit(CommandLine.ExitCode.USAGE);
      return;
    }
    System.exit(commandLine(System.getenv()).execute(EtcdFlagStyle.normalize(exact)));
  }

  /**
   * The command, ready to be executed.
   *
   * @param environment where the settings of the server that are not given as flags come from
   */
  static CommandLine commandLine(Map<String, String> environment) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.addSubcommand(CtlCommand.commandLine(environment));
    ServerCommand.complete(
        Objects.requireNonNull(commandLine.getSubcommands().get("server")), environment);
    commandLine.setParameterExceptionHandler(Main::refuse);
    commandLine.setExecutionExceptionHandler((failure, failed, parsed) -> report(failure, failed));
    // Where there is no terminal to ask how wide it is: no URL is broken in two then.
    commandLine.setUsageHelpWidth(USAGE_WIDTH);
    commandLine.setUsageHelpAutoWidth(true);
    versionEverywhere(commandLine);
    return commandLine;
  }

  /** Every command takes {@code --version}, and it is the same one. */
  private static void versionEverywhere(CommandLine commandLine) {
    commandLine.getCommandSpec().versionProvider(new Version());
    commandLine.getSubcommands().values().forEach(Main::versionEverywhere);
  }

  /** Says in one or two lines what is wrong; the whole usage would bury it. */
  private static int refuse(ParameterException refusal, String[] args) {
    CommandLine refused = refusal.getCommandLine();
    PrintWriter err = refused.getErr();
    String name = refused.getCommandSpec().qualifiedName();
    err.println(name + ": " + refusal.getMessage());
    UnmatchedArgumentException.printSuggestions(refusal, err);
    err.println("See " + name + " --help.");
    err.flush();
    return refused.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int report(Exception failure, CommandLine failed) {
    PrintWriter err = failed.getErr();
    String name = failed.getCommandSpec().qualifiedName();
    if (failure instanceof CommandFailure || failure instanceof ClusterException) {
      err.println(name + ": " + failure.getMessage());
    } else if (failure instanceof IOException trouble) {
      err.println(name + ": " + IoMessage.of(trouble));
    } else {
      err.println(name + ": unexpected failure");
      failure.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "which command: up, server, ctl, snapshot, check, bench, lab or simulate?");
  }
}
