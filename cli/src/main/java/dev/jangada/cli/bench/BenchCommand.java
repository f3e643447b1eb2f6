package dev.jangada.cli.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The group of measurements. */
@Command(
    name = "bench",
    description = "Measure a store that speaks the etcd v3 API.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "MEASUREMENT",
    subcommands = {PutCommand.class, RangeCommand.class, WatchCommand.class, FailoverCommand.class})
public final class BenchCommand implements Runnable {

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it runs anything
  BenchCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "which measurement: put, range, watch or failover?");
  }
}
