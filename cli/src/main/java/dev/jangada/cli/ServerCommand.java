package dev.jangada.cli;

import dev.jangada.cli.config.ConfigFile;
import dev.jangada.cli.config.OtherFlag;
import dev.jangada.cli.logging.LibraryLog;
import dev.jangada.server.ConfigException;
import dev.jangada.server.JangadaServer;
import dev.jangada.server.ServerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs one node until it is told to stop, or fails. */
@Command(
    name = "server",
    description = "Run one node. Its flags are etcd's.",
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {
      "",
      "Each flag can also be given in the environment, as ETCD_NAME for --name and so on; a flag"
          + " wins over the environment. With --config-file neither counts, only what is in the"
          + " file.",
      "Flags of etcd's that mean nothing here are taken, and a line says so."
    })
final class ServerCommand implements Callable<Integer> {

  private static final String CONFIG_FILE = "--config-file";

  /** Exit code of a member that will never be one again: to start it anew is of no use. */
  private static final int EXPELLED = 3;

  @Mixin private ServerFlags flags;

  @Mixin private LogFlags log;

  @Option(
      names = CONFIG_FILE,
      paramLabel = "FILE",
      description = "YAML with all settings, as etcd takes it; other flags do not count then.")
  private @Nullable Path configFile;

  @Option(
      names = EnvironmentDefaults.PARENT,
      hidden = true,
      description = "Stop when standard input ends.")
  private boolean stopWithParent;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  ServerCommand() {}

  /**
   * Completes what annotations cannot say.
   *
   * @param server the command that this class has been made
   * @param environment where settings come from that are not given as flags
   */
  static void complete(CommandLine server, Map<String, String> environment) {
    CommandSpec spec = server.getCommandSpec();
    for (OtherFlag flag : OtherFlag.ALL) {
      spec.addOption(
          OptionSpec.builder("--" + flag.name())
              .type(String.class)
              .arity(flag.isSwitch() ? "0..1" : "1")
              .fallbackValue("true")
              .hidden(true)
              .build());
    }
    server.setDefaultValueProvider(new EnvironmentDefaults(environment));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Map<String, String> environment = System.getenv();
    ServerCommand settings = effective();
    try {
      settings.log.apply();
    } catch (ConfigException e) {
      throw refusal(e.getMessage());
    }
    LibraryLog.install();
    ServerConfig config = settings.config();
    Logger logger = LoggerFactory.getLogger(ServerCommand.class);
    unknownVariables(environment.keySet())
        .forEach(name -> logger.warn("ignored: {} is in the environment, but no flag", name));
    notes(settings, environment).forEach(note -> logger.warn("ignored: {}", note));
    JangadaServer server;
    try {
      server = JangadaServer.start(config);
    } catch (ConfigException e) {
      throw refusal(e.getMessage());
    } catch (IOException e) {
      throw new CommandFailure("could not start: " + IoMessage.of(e));
    } catch (RuntimeException e) {
      if (JangadaServer.isExpelled(e)) {
        logger.error("stopped: {}", e.getMessage());
        return EXPELLED;
      }
      throw e;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
    if (stopWithParent) {
      stopAtEndOfInput();
    }
    try {
      server.whenStopped().get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause != null && JangadaServer.isExpelled(cause)) {
        logger.error("stopped: {}", cause.getMessage());
        return EXPELLED;
      }
      logger.error("stopped by a failure that the node cannot go on from", cause);
      return 1;
    }
    return 0;
  }

  /** What has the settings: this, or what the file says. */
  ServerCommand effective() {
    if (configFile == null) {
      return this;
    }
    Set<String> known =
        settings(spec).map(option -> option.longestName().substring(2)).collect(Collectors.toSet());
    List<String> arguments = new ArrayList<>();
    try {
      ConfigFile.read(configFile, known)
          .forEach((flag, value) -> arguments.add("--" + flag + "=" + withUnit(flag, value)));
    } catch (ConfigException e) {
      throw refusal(e.getMessage());
    }
    ServerCommand fromFile = new ServerCommand();
    CommandLine commandLine = new CommandLine(fromFile);
    complete(commandLine, Map.of());
    try {
      commandLine.parseArgs(arguments.toArray(String[]::new));
    } catch (ParameterException e) {
      throw refusal(configFile + ": " + e.getMessage());
    }
    return fromFile;
  }

  /** As with etcd, a time in a file may be a number of nanoseconds. */
  private String withUnit(String flag, String value) {
    OptionSpec option = spec.findOption("--" + flag);
    boolean isTime = option != null && option.type().equals(Duration.class);
    return isTime && value.matches("\\d+") ? value + "ns" : value;
  }

  /** All options that settings can be made with. */
  private static Stream<OptionSpec> settings(CommandSpec spec) {
    Set<String> none = Set.of("--help", "--version", CONFIG_FILE, EnvironmentDefaults.PARENT);
    return spec.options().stream().filter(option -> !none.contains(option.longestName()));
  }

  private ParameterException refusal(@Nullable String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /**
   * What flags, environment and file ask for, checked.
   *
   * @throws ParameterException if it cannot be had
   */
  ServerConfig config() {
    for (OtherFlag other : OtherFlag.ALL) {
      String value = value(other);
      if (other.refused() && value != null && other.asksFor(value)) {
        throw refusal("--%s is not supported: %s".formatted(other.name(), other.why()));
      }
    }
    try {
      return flags.toConfig();
    } catch (ConfigException e) {
      throw refusal(e.getMessage());
    }
  }

  private @Nullable String value(OtherFlag other) {
    OptionSpec option = spec.findOption("--" + other.name());
    return option == null ? null : option.getValue();
  }

  /**
   * What was given and does not count, with the reason, a line each.
   *
   * @param settings what counts, see {@link #effective}
   */
  List<String> notes(ServerCommand settings, Map<String, String> environment) {
    List<String> notes = new ArrayList<>();
    if (configFile != null) {
      settings(spec)
          .filter(option -> spec.commandLine().getParseResult().hasMatchedOption(option))
          .forEach(option -> notes.add(option.longestName() + ", because of " + CONFIG_FILE));
      settings(spec)
          .map(option -> EnvironmentDefaults.variable(option.longestName()))
          .filter(environment::containsKey)
          .forEach(name -> notes.add(name + " in the environment, because of " + CONFIG_FILE));
    }
    for (OtherFlag other : OtherFlag.ALL) {
      String value = settings.value(other);
      if (value != null && other.asksFor(value)) {
        notes.add("--%s has no effect: %s".formatted(other.name(), other.why()));
      }
    }
    notes.addAll(settings.flags.notes());
    return notes;
  }

  /** Variables that look like settings and are none; like etcd, warn of them and go on. */
  Set<String> unknownVariables(Set<String> names) {
    Set<String> known =
        spec.options().stream()
            .map(OptionSpec::longestName)
            .map(EnvironmentDefaults::variable)
            .collect(Collectors.toSet());
    return names.stream()
        .filter(name -> name.startsWith(EnvironmentDefaults.PREFIX) && !known.contains(name))
        .collect(Collectors.toSet());
  }

  private static void stopAtEndOfInput() {
    Thread watcher =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // Nothing is ever said on this pipe; only its end matters.
                }
              } catch (IOException e) {
                // A pipe that cannot be read has lost its other end as well.
              }
              System.exit(0);
            },
            "parent-watch");
    watcher.setDaemon(true);
    watcher.start();
  }
}
