package dev.jangada.cli.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Measures writes. */
@Command(
    name = "put",
    description = "Write random keys. Exit code 1 if a request fails.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PutCommand implements Callable<Integer> {

  @Mixin private LoadOptions options;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  PutCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    return LoadReport.measure(options, Operation.put(), false);
  }
}
