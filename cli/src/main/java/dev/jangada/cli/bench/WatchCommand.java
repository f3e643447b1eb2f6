package dev.jangada.cli.bench;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures watches, and checks what they tell. */
@Command(
    name = "watch",
    description = {
      "Write keys at a steady rate while many watch them, and compare what each watcher is told"
          + " with what was written. Exit code 1 if a watcher misses an event, or is told one"
          + " twice or out of order.",
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class WatchCommand implements Callable<Integer> {

  @Option(
      names = "--endpoints",
      split = ",",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:2379,127.0.0.1:2389,127.0.0.1:2399",
      description = "Where the nodes are (default: where jangada up puts three).")
  private List<String> endpoints;

  @Option(
      names = "--watchers",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Each watches one key (default: 10000).")
  private int watchers;

  @Option(
      names = "--whole",
      paramLabel = "N",
      defaultValue = "10",
      description = "So many of them watch all keys instead (default: 10).")
  private int whole;

  @Option(
      names = "--streams",
      paramLabel = "N",
      defaultValue = "100",
      description = "Streams that the watchers share (default: 100).")
  private int streams;

  @Option(
      names = "--stalled",
      paramLabel = "N",
      defaultValue = "1",
      description = "So many of them read nothing until all is written (default: 1).")
  private int stalled;

  @Option(
      names = "--connections",
      paramLabel = "N",
      defaultValue = "10",
      description = "Connections that the streams share (default: 10).")
  private int connections;

  @Option(
      names = "--keys",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Keys that are written and watched (default: 1000).")
  private int keys;

  @Option(
      names = "--value-size",
      paramLabel = "BYTES",
      defaultValue = "256",
      description = "(default: 256)")
  private int valueSize;

  @Option(
      names = "--rate",
      paramLabel = "PER-SECOND",
      defaultValue = "1000",
      description = "Puts to start per second (default: 1000).")
  private double rate;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = TimeConverter.class,
      description = "How long to put, for example 500ms, 10s or 2m (default: 30s).")
  private Duration duration;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  WatchCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    WatchLoad load = toLoad();
    try {
      WatchResult result =
          WatchGenerator.run(
              load,
              line -> {
                err.println(line);
                err.flush();
              });
      out.println(json ? result.toJson() : result.toText());
      out.flush();
      return 0;
    } catch (WatchFailure e) {
      err.println(e.getMessage());
      err.flush();
      return 1;
    }
  }

  private WatchLoad toLoad() {
    List<String> addresses = LoadOptions.addresses(endpoints, spec);
    require(watchers >= 1, "--watchers must be at least 1");
    require(0 <= whole && whole <= watchers, "--whole must be between 0 and --watchers");
    require(1 <= streams && streams <= watchers, "--streams must be between 1 and --watchers");
    require(0 <= stalled && stalled <= streams, "--stalled must be between 0 and --streams");
    require(
        1 <= connections && connections <= streams,
        "--connections must be between 1 and --streams");
    require(keys >= 1, "--keys must be at least 1");
    require(
        valueSize >= WatchLoad.LEAST_VALUE_BYTES,
        "--value-size must be at least " + WatchLoad.LEAST_VALUE_BYTES);
    require(rate > 0, "--rate must be positive");
    long puts = Math.round(rate * duration.toNanos() / 1e9);
    require(
        1 <= puts && puts <= Integer.MAX_VALUE,
        "--rate and --duration do not make a number of puts");
    return new WatchLoad(
        addresses,
        watchers,
        streams,
        connections,
        stalled,
        keys,
        whole,
        valueSize,
        rate,
        (int) puts);
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }
}
