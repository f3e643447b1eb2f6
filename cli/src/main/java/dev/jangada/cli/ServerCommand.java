package dev.jangada.cli;

import dev.jangada.server.ConfigException;
import dev.jangada.server.JangadaServer;
import dev.jangada.server.ServerConfig;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
    sortOptions = false,
    footer = {
      "",
      "Each flag can also be given in the environment, as ETCD_NAME for --name and so on; a flag"
          + " wins over the environment."
    })
final class ServerCommand implements Callable<Integer> {

  private static final Pattern LEVEL = Pattern.compile("TRACE|DEBUG|INFO|WARN|ERROR");

  @Mixin private ServerFlags flags;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      description = "trace, debug, info, warn or error (default: info, or what JANGADA_LOG says).")
  private String logLevel;

  @Option(
      names = "--stop-with-parent",
      hidden = true,
      description = "Stop when standard input ends.")
  private boolean stopWithParent;

  @Spec private CommandSpec spec;

  private final Map<String, String> environment = System.getenv();

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  ServerCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    configureLog();
    ServerConfig config = config();
    Logger log = LoggerFactory.getLogger(ServerCommand.class);
    unknownVariables(environment.keySet())
        .forEach(name -> log.warn("ignored: {} is in the environment, but no flag", name));
    JangadaServer server;
    try {
      server = JangadaServer.start(config);
    } catch (ConfigException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    } catch (IOException e) {
      throw new CommandFailure("could not start: " + e.getMessage());
    }
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
    if (stopWithParent) {
      stopAtEndOfInput();
    }
    try {
      server.whenStopped().get();
    } catch (ExecutionException e) {
      log.error("stopped by a failure that the node cannot go on from", e.getCause());
      return 1;
    }
    return 0;
  }

  /** Must come before the first logger, because that is when the configuration is read. */
  private void configureLog() {
    if (logLevel != null) {
      String level = logLevel.toUpperCase(Locale.ROOT);
      if (!LEVEL.matcher(level).matches()) {
        throw new ParameterException(
            spec.commandLine(),
            "--log-level " + logLevel + " is not one of trace, debug, info, warn, error");
      }
      System.setProperty("JANGADA_LOG", level);
    }
  }

  /** What flags and environment ask for, checked. */
  ServerConfig config() {
    try {
      return flags.toConfig();
    } catch (ConfigException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
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
