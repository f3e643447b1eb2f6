package dev.jangada.cli.ctl;

import dev.jangada.cli.ctl.LoadCheck.Finding;
import dev.jangada.cli.ctl.LoadCheck.Load;
import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.DefragmentRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether a cluster does what is expected of one. */
@Command(
    name = "check",
    description = "Check whether the cluster is up to its work.",
    subcommands = {CheckCommand.Perf.class, CheckCommand.DataScale.class})
final class CheckCommand extends Group {

  /** Sizes of clusters, as etcd's documentation has them: clients and writes a second. */
  private static final Map<String, Load> LOADS =
      Map.of(
          "s", new Load(50, 150),
          "m", new Load(200, 1000),
          "l", new Load(500, 8000),
          "xl", new Load(1000, 15_000));

  /** Amounts of data, as etcdctl has them. */
  private static final Map<String, ScaleCheck.Load> SCALES =
      Map.of(
          "s", new ScaleCheck.Load(10_000, 50),
          "m", new ScaleCheck.Load(100_000, 200),
          "l", new ScaleCheck.Load(1_000_000, 500),
          "xl", new ScaleCheck.Load(3_000_000, 1000));

  /** How fast it is. */
  @Command(
      name = "perf",
      description =
          "Write at a steady rate and say whether the cluster keeps up. Exit code 1 if it does"
              + " not.")
  static final class Perf extends Action {

    @Option(
        names = "--load",
        paramLabel = "SIZE",
        defaultValue = "s",
        description =
            "s: 150 writes a second by 50 clients; m: 1000 by 200; l: 8000 by 500; xl: 15000 by"
                + " 1000 (default: s).")
    private String load;

    @Option(
        names = "--prefix",
        paramLabel = "PREFIX",
        defaultValue = "/etcdctl-check-perf/",
        description =
            "Of the keys that are written, and deleted in the end (default: ${DEFAULT-VALUE}).")
    private String prefix;

    @Option(
        names = "--seconds",
        paramLabel = "NUMBER",
        defaultValue = "60",
        description = "How long (default: 60).")
    private int seconds;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Perf() {}

    @Override
    void run(Ctl ctl) throws InterruptedException {
      Load chosen = LOADS.get(sizeOf(load));
      if (chosen == null) {
        throw new CtlException(
            CtlException.Kind.UNSUPPORTED, "unknown load option " + load + "; there are s m l xl");
      }
      if (seconds < 1) {
        throw CtlException.arguments("--seconds must be at least 1");
      }
      List<Finding> findings = new LoadCheck(ctl.connection(), prefix, chosen, seconds).run();
      findings.forEach(finding -> ctl.say(verdict(finding.passed()) + ": " + finding.text()));
      boolean passed = findings.stream().allMatch(Finding::passed);
      ctl.say(verdict(passed));
      if (!passed) {
        throw new CtlException(CtlException.Kind.FAILURE, "the cluster is too slow for this load");
      }
    }

    private static String verdict(boolean passed) {
      return passed ? "PASS" : "FAIL";
    }
  }

  /** How much memory data take. */
  @Command(
      name = "datascale",
      description =
          "Write many keys to the first endpoint and say by how much its memory has grown.")
  static final class DataScale extends Action {

    @Option(
        names = "--load",
        paramLabel = "SIZE",
        defaultValue = "s",
        description =
            "s: 10000 keys of 1 KiB by 50 clients; m: 100000 by 200; l: 1000000 by 500; xl: 3000000"
                + " by 1000 (default: s).")
    private String load;

    @Option(
        names = "--prefix",
        paramLabel = "PREFIX",
        defaultValue = "/etcdctl-check-datascale/",
        description =
            "Of the keys that are written, and deleted in the end (default: ${DEFAULT-VALUE}).")
    private String prefix;

    @Option(
        names = "--auto-compact",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "Compact to the last revision in the end.")
    private boolean compact;

    @Option(
        names = "--auto-defrag",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "Have the server give its space back in the end.")
    private boolean defragment;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    DataScale() {}

    @Override
    void run(Ctl ctl) throws InterruptedException {
      ScaleCheck.Load chosen = SCALES.get(sizeOf(load));
      if (chosen == null) {
        throw new CtlException(
            CtlException.Kind.UNSUPPORTED, "unknown load option " + load + "; there are s m l xl");
      }
      Endpoint server = ctl.endpoints().getFirst();
      try (Connection connection = ctl.connectionTo(server)) {
        ScaleCheck check = new ScaleCheck(connection, prefix, chosen, () -> memory(ctl, server));
        ctl.say("Start data scale check for work load [" + chosen + "].");
        ScaleCheck.Result result = check.run();
        if (compact) {
          compact(ctl, connection, result.revision());
        }
        if (defragment) {
          defragment(ctl, connection, server);
        }
        judge(ctl, result);
      }
    }

    /** A check that is interrupted ends with what it has so far. */
    private static OptionalDouble memory(Ctl ctl, Endpoint server) {
      try {
        return ctl.metric(server, ScaleCheck.MEMORY);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return OptionalDouble.empty();
      }
    }

    private static void compact(Ctl ctl, Connection connection, long revision) {
      ctl.say("Compacting with revision " + revision);
      var unused =
          connection.call(
              KVGrpc.getCompactMethod(),
              CompactionRequest.newBuilder().setRevision(revision).build());
      ctl.say("Compacted with revision " + revision);
    }

    private static void defragment(Ctl ctl, Connection connection, Endpoint server) {
      ctl.say("Defragmenting \"" + server.text() + "\"");
      var unused =
          connection.call(
              MaintenanceGrpc.getDefragmentMethod(), DefragmentRequest.getDefaultInstance());
      ctl.say("Defragmented \"" + server.text() + "\"");
    }

    private static void judge(Ctl ctl, ScaleCheck.Result result) {
      if (!result.errors().isEmpty()) {
        ctl.say("FAIL: too many errors");
        result.errors().forEach((what, times) -> ctl.say("FAIL: ERROR(" + what + ") -> " + times));
        throw new CtlException(CtlException.Kind.FAILURE, "not everything could be written");
      }
      if (result.grownBytes().isEmpty()) {
        throw new CtlException(
            CtlException.Kind.FAILURE,
            "could not read " + ScaleCheck.MEMORY + " after the put operations");
      }
      ctl.say(
          String.format(
              Locale.ROOT,
              "PASS: Approximate system memory used : %.2f MB.",
              result.grownBytes().getAsDouble() / (1 << 20)));
    }
  }

  /** The short name of a size; empty if there is none of this name. */
  private static String sizeOf(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "s", "small" -> "s";
      case "m", "medium" -> "m";
      case "l", "large" -> "l";
      case "xl", "xlarge" -> "xl";
      default -> "";
    };
  }
}
