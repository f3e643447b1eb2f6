package dev.jangada.cli.ctl;

import dev.jangada.cli.ctl.LoadCheck.Finding;
import dev.jangada.cli.ctl.LoadCheck.Load;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether a cluster does what is expected of one. */
@Command(
    name = "check",
    description = "Check whether the cluster is up to its work.",
    subcommands = {CheckCommand.Perf.class})
final class CheckCommand extends Group {

  /** Sizes of clusters, as etcd's documentation has them: clients and writes a second. */
  private static final Map<String, Load> LOADS =
      Map.of(
          "s", new Load(50, 150),
          "m", new Load(200, 1000),
          "l", new Load(500, 8000),
          "xl", new Load(1000, 15_000));

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
      if (prefix.isEmpty()) {
        throw CtlException.arguments("--prefix must not be empty: all keys with it are deleted");
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
}
