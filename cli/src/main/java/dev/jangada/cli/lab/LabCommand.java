package dev.jangada.cli.lab;

import dev.jangada.simulation.lab.LabResult;
import dev.jangada.simulation.lab.LabRunner;
import dev.jangada.simulation.lab.LabScenario;
import dev.jangada.simulation.lab.LabScenarios;
import dev.jangada.simulation.trace.HtmlTrace;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Runs the laboratory's scenarios.
 *
 * <p>Standard output has nothing but what follows from the arguments and the seed, unless in real
 * time; how long it took, and how far it is, go to standard error.
 */
@Command(
    name = "lab",
    description =
        "Run the scenarios of MIT's Raft laboratory, on a simulated network and simulated disks, in"
            + " virtual time.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Each run prints how long it took in its own time, in seconds, how many peers there were,"
          + " how many RPCs were sent and how many bytes they had, and how many commands were"
          + " agreed on. The same arguments and seed print the same.",
      "",
      "Examples:",
      "  ./jangada lab 2A 2B                       two parts, each scenario once",
      "  ./jangada lab 2C --runs 2000              a mass run, each with its own seed",
      "  ./jangada lab 2C.Figure8 --seed 42        the run with this seed, again",
      "  ./jangada lab Backup --trace backup.html  and a page that shows what happened",
      "  ./jangada lab 2B --real-time              with real threads, disks and waiting"
    })
public final class LabCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "PART|SCENARIO",
      arity = "0..*",
      description = "Such as 2A, Figure8 or 2C.Figure8 (default: all).")
  private List<String> names = new ArrayList<>();

  @Option(names = "--runs", paramLabel = "N", description = "Runs of each (default: 1).")
  private int runs = 1;

  @Option(
      names = "--parallel",
      paramLabel = "P",
      description = "Runs at once (default: as many as processors; in real time 1).")
  private @Nullable Integer parallel;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of the first run of each (default: a new one each time).")
  private @Nullable Long seed;

  @Option(names = "--real-time", description = "Run on real threads, disks and clocks.")
  private boolean realTime;

  @Option(
      names = "--trace",
      paramLabel = "FILE.html",
      description =
          "Write the run as a page for the browser; of several runs the first that failed.")
  private @Nullable Path trace;

  @Option(names = "--list", description = "List the scenarios and run none.")
  private boolean list;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  public LabCommand() {}

  @Override
  public Integer call() throws InterruptedException, IOException {
    List<LabScenario> chosen = chosen();
    if (list) {
      print(chosen);
      return 0;
    }
    checkOptions();
    // Must come before the first logger: nodes say much of what a scenario does to them.
    System.setProperty("JANGADA_LOG", "ERROR");
    long firstSeed = seed == null ? ThreadLocalRandom.current().nextLong(1_000_000) : seed;
    PrintWriter out = spec.commandLine().getOut();
    if (seed == null) {
      out.println("seed " + firstSeed);
    }
    Report report = new Report(out, realTime);
    List<LabResult> all = run(chosen, firstSeed, report);
    report.total();
    writeTrace(all);
    return report.failed() == 0 ? 0 : 1;
  }

  private List<LabScenario> chosen() {
    try {
      return Selection.of(LabScenarios.all(), names);
    } catch (Selection.UnknownNameException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }

  private void checkOptions() {
    if (runs < 1) {
      throw new ParameterException(spec.commandLine(), "--runs must be at least 1");
    }
    if (parallel != null && parallel < 1) {
      throw new ParameterException(spec.commandLine(), "--parallel must be at least 1");
    }
    if (realTime && trace != null) {
      throw new ParameterException(
          spec.commandLine(), "--trace needs virtual time: leave out --real-time or --trace");
    }
  }

  private int parallel() {
    if (parallel != null) {
      return parallel;
    }
    return realTime ? 1 : Runtime.getRuntime().availableProcessors();
  }

  /** Runs all and reports in order; returns what {@link #writeTrace} may want. */
  private List<LabResult> run(List<LabScenario> chosen, long firstSeed, Report report)
      throws InterruptedException {
    LabRunner.Time time = realTime ? LabRunner.Time.REAL : LabRunner.Time.VIRTUAL;
    List<LabResult> toShow = new ArrayList<>();
    double virtualSeconds = 0;
    Stopwatch whole = new Stopwatch();
    PrintWriter err = spec.commandLine().getErr();
    try (Runs running =
            new Runs(
                (scenario, runSeed) -> LabRunner.run(scenario, runSeed, time),
                firstSeed,
                runs,
                parallel());
        Progress progress = new Progress(err, running, (long) chosen.size() * runs)) {
      List<List<Future<LabResult>>> futures = chosen.stream().map(running::begin).toList();
      Stopwatch part = new Stopwatch();
      for (int i = 0; i < chosen.size(); i++) {
        LabScenario scenario = chosen.get(i);
        progress.at(scenario.fullName());
        report.begin(scenario);
        List<LabResult> results = Runs.await(futures.get(i));
        report.end(results);
        for (LabResult result : results) {
          virtualSeconds += result.seconds();
          if (!result.passed() || chosen.size() * runs == 1) {
            toShow.add(result);
          }
        }
        boolean endsPart =
            i == chosen.size() - 1 || !chosen.get(i + 1).part().equals(scenario.part());
        if (realTime && endsPart) {
          err.println("part " + scenario.part() + ": " + part.read());
          part = new Stopwatch();
        }
      }
    }
    err.printf(
        Locale.ROOT,
        "%d runs, %.0f s in their time, took %s%n",
        report.passed() + report.failed(),
        virtualSeconds,
        whole.read());
    err.flush();
    return toShow;
  }

  private void writeTrace(List<LabResult> toShow) throws IOException {
    if (trace == null) {
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    if (toShow.isEmpty()) {
      err.println("no trace: of several runs the first failure is traced, and none failed");
      err.flush();
      return;
    }
    LabResult shown = toShow.getFirst();
    LabScenario scenario = shown.scenario();
    String title = scenario.fullName() + ", seed " + shown.seed();
    try (HtmlTrace page = HtmlTrace.open(trace, title)) {
      LabRunner.run(scenario, shown.seed(), LabRunner.Time.VIRTUAL, page);
    }
    err.println(title + ": see " + trace);
    err.flush();
  }

  private void print(List<LabScenario> chosen) {
    PrintWriter out = spec.commandLine().getOut();
    int width = chosen.stream().mapToInt(each -> each.fullName().length()).max().orElse(0);
    for (LabScenario scenario : chosen) {
      out.printf(Locale.ROOT, "%-" + width + "s  %s%n", scenario.fullName(), scenario.title());
    }
    out.flush();
  }

  /** Real time and processor time since it was made; so the JVM's start does not count. */
  private static final class Stopwatch {
    private final long nanos = System.nanoTime();
    private final long cpuNanos = cpuNanos();

    private static long cpuNanos() {
      return ManagementFactory.getOperatingSystemMXBean()
              instanceof com.sun.management.OperatingSystemMXBean system
          ? system.getProcessCpuTime()
          : 0;
    }

    String read() {
      return String.format(
          Locale.ROOT,
          "%.1f s of real time and %.1f s of processor time, beyond the start of the JVM",
          (System.nanoTime() - nanos) / 1e9,
          (cpuNanos() - cpuNanos) / 1e9);
    }
  }
}
