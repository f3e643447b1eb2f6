package dev.jangada.cli.ctl;

import java.lang.reflect.Field;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The group of commands that ask a running store. */
@Command(
    name = "ctl",
    description = "Ask a running store, with etcdctl's commands and flags.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      GetCommand.class,
      PutCommand.class,
      DelCommand.class,
      TxnCommand.class,
      WatchCommand.class,
      CompactionCommand.class,
      LeaseCommand.class,
      LockCommand.class,
      ElectCommand.class,
      MemberCommand.class,
      EndpointCommand.class,
      MoveLeaderCommand.class,
      SnapshotCommand.class,
      DefragCommand.class,
      CheckCommand.class,
      AlarmCommand.class,
      AuthCommand.class,
      UserCommand.class,
      RoleCommand.class,
      VersionCommand.class
    },
    footer = {
      "",
      "Every flag above can also be set in the environment: --endpoints as ETCDCTL_ENDPOINTS."
    })
public final class CtlCommand implements Runnable {

  /** What etcdctl ends with when a flag is unknown or has no sensible value. */
  private static final int EXIT_CODE_OF_BAD_FLAGS = 1;

  private static final String ENVIRONMENT_PREFIX = "ETCDCTL_";

  private final Map<String, String> environment;
  private final Console console;

  @Mixin private GlobalFlags flags;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it runs anything
  private CtlCommand(Map<String, String> environment, Console console) {
    this.environment = Map.copyOf(environment);
    this.console = console;
  }

  /**
   * The command, to be executed or added to another one.
   *
   * @param environment where flags that are not given come from
   */
  public static CommandLine commandLine(Map<String, String> environment) {
    return commandLine(environment, Console.ofProcess());
  }

  static CommandLine commandLine(Map<String, String> environment, Console console) {
    CommandLine commandLine = new CommandLine(new CtlCommand(environment, console));
    commandLine.setDefaultValueProvider(argument ->
        argument instanceof OptionSpec option
                && option.userObject() instanceof Field field
                && field.getDeclaringClass() == GlobalFlags.class
            ? environment.get(variable(option.longestName()))
            : null);
    // As with etcdctl, the last one counts.
    commandLine.setOverwrittenOptionsAllowed(true);
    useExitCode(commandLine);
    return commandLine;
  }

  private static String variable(String flag) {
    return ENVIRONMENT_PREFIX + flag.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  private static void useExitCode(CommandLine commandLine) {
    commandLine.getCommandSpec().exitCodeOnInvalidInput(EXIT_CODE_OF_BAD_FLAGS);
    commandLine.getSubcommands().values().forEach(CtlCommand::useExitCode);
  }

  /** The group that a command is in. */
  static CtlCommand above(CommandSpec spec) {
    for (CommandSpec at = spec; at != null; at = at.parent()) {
      if (at.userObject() instanceof CtlCommand command) {
        return command;
      }
    }
    throw new IllegalStateException(spec.qualifiedName() + " is not part of ctl");
  }

  GlobalFlags flags() {
    return flags;
  }

  Map<String, String> environment() {
    return environment;
  }

  Console console() {
    return console;
  }

  /** Says what went wrong as etcdctl does, which scripts may look for. */
  void complain(String message) {
    console.err().println("Error: " + message);
    console.err().flush();
  }

  @Override
  public void run() {
    throw which(spec);
  }

  /** A group was named without the command in it. */
  static ParameterException which(CommandSpec group) {
    return new ParameterException(
        group.commandLine(),
        "which command: " + String.join(", ", group.subcommands().keySet()) + "?");
  }
}
