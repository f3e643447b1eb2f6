package dev.jangada.cli.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Measures reads. */
@Command(
    name = "range",
    description = "Read random keys, one at a time. Exit code 1 if a request fails.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RangeCommand implements Callable<Integer> {

  @Mixin private LoadOptions options;

  @Option(
      names = "--consistency",
      paramLabel = "l|s",
      defaultValue = "l",
      description =
          "l: linearizable, sees every write; s: serializable, may be stale (default: l).")
  private String consistency;

  @Option(
      names = "--fill",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Write all keys first, so that there is something to read (default).")
  private boolean fill;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  RangeCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    if (!consistency.equals("l") && !consistency.equals("s")) {
      throw new ParameterException(
          options.spec.commandLine(), "--consistency must be l or s, is \"" + consistency + "\"");
    }
    return LoadReport.measure(options, Operation.range(consistency.equals("s")), fill);
  }
}
