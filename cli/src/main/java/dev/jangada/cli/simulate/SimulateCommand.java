package dev.jangada.cli.simulate;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.jangada.simulation.Shrinker;
import dev.jangada.simulation.Simulation;
import dev.jangada.simulation.SimulationFailure;
import dev.jangada.simulation.trace.HtmlTrace;
import dev.jangada.simulation.trace.TextTrace;
import dev.jangada.simulation.trace.TraceSink;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Explores simulated runs. What it prints to standard output depends on the seeds and circumstances
 * only, not on the machine, the time or {@code --parallel}; how fast it was goes to standard error.
 */
@Command(
    name = "simulate",
    description = {
      "Run clusters in virtual time under random faults, and check everything.",
      "",
      "Each run is a function of its seed. A run that fails is made smaller, and printed with the"
          + " command that repeats it. Exit code 1 if a run fails."
    },
    footer = {
      "",
      "Examples:",
      "  jangada simulate --runs 100                   a hundred runs, each in other circumstances",
      "  jangada simulate --runs 20 --nodes 5 --duration 10m --faults all --parallel 2",
      "  jangada simulate --faults crash,partition     only these faults",
      "  jangada simulate --seed 7 --trace run.html    one run, to look at in a browser"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class SimulateCommand implements Callable<Integer> {

  private static final long PROGRESS_NANOS = Duration.ofSeconds(3).toNanos();

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "How many runs, each with the next seed (default: ${DEFAULT-VALUE}).",
      defaultValue = "1")
  private int runs;

  @Mixin private Circumstances circumstances;

  @Option(
      names = "--parallel",
      paramLabel = "P",
      description = "How many runs at the same time (default: ${DEFAULT-VALUE}).",
      defaultValue = "1")
  private int parallel;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "N",
      description = "Let only these faults of a single run happen, by their numbers; 0 for none.")
  private @Nullable Set<Integer> only;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "End the faults of a single run after this time already.")
  private @Nullable Duration until;

  @Option(
      names = "--shrink",
      paramLabel = "N",
      description = "Make a run that fails smaller in at most N tries (default: ${DEFAULT-VALUE}).",
      defaultValue = "100")
  private int shrink;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Write a single run, or the first one that fails, as FILE.html or FILE.txt.")
  private @Nullable Path trace;

  @Spec private CommandSpec spec;

  /** What came of a run. */
  private record Run(
      long seed, Simulation.@Nullable Report report, Shrinker.@Nullable Smaller failed) {}

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  SimulateCommand() {}

  @Override
  public Integer call() throws Exception {
    check();
    // What simulated nodes say of their simulated disks would bury the result; a trace has it all.
    if (LoggerFactory.getLogger("dev.jangada") instanceof Logger nodes) {
      nodes.setLevel(Level.OFF);
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    long begun = System.nanoTime();
    Totals totals = new Totals();
    List<Run> failures = new ArrayList<>();
    if (runs == 1 && trace != null) {
      collect(traced(circumstances.seed(), only, untilNanos()), totals, failures);
    } else {
      runAll(totals, failures, err, begun);
    }
    totals.print(out, circumstances);
    for (Run run : failures) {
      printFailure(out, run);
    }
    if (trace != null && runs > 1 && !failures.isEmpty()) {
      traceFailure(failures.getFirst());
    }
    out.println(totals.runs() - failures.size() + " passed, " + failures.size() + " failed");
    out.flush();
    totals.printSpeed(err, System.nanoTime() - begun, parallel);
    return failures.isEmpty() ? 0 : 1;
  }

  private void check() {
    if (runs < 1 || parallel < 1 || shrink < 0) {
      throw new ParameterException(
          spec.commandLine(), "--runs and --parallel must be at least 1, --shrink at least 0");
    }
    if (runs > 1 && (only != null || until != null)) {
      throw new ParameterException(
          spec.commandLine(), "--only and --until repeat a single run: leave --runs out");
    }
    if (trace != null && !isText(trace) && !trace.toString().endsWith(".html")) {
      throw new ParameterException(
          spec.commandLine(), "--trace writes a .html or a .txt file, not " + trace);
    }
    circumstances.check(spec.commandLine());
  }

  private void runAll(Totals totals, List<Run> failures, PrintWriter err, long begun)
      throws InterruptedException {
    ExecutorService workers =
        Executors.newFixedThreadPool(
            parallel, Thread.ofPlatform().daemon().name("simulation-", 1).factory());
    try {
      List<Future<Run>> results = new ArrayList<>();
      for (int i = 0; i < runs; i++) {
        long seed = circumstances.seed() + i;
        results.add(workers.submit(() -> run(seed)));
      }
      long told = begun;
      for (Future<Run> result : results) {
        Run run = await(result);
        collect(run, totals, failures);
        Shrinker.Smaller failed = run.failed();
        if (failed != null) {
          // At once: whoever ends a long exploration early has at least the seed.
          err.printf("seed %d failed: %s%n", run.seed(), failed.failure().getMessage());
          err.flush();
        }
        if (System.nanoTime() - told > PROGRESS_NANOS) {
          told = System.nanoTime();
          err.printf(
              "%d of %d runs, %d failed, %d s%n",
              totals.runs(), runs, failures.size(), (told - begun) / 1_000_000_000);
          err.flush();
        }
      }
    } finally {
      workers.shutdownNow();
    }
  }

  private static Run await(Future<Run> result) throws InterruptedException {
    try {
      return result.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the simulator itself failed", e.getCause());
    }
  }

  private static void collect(Run run, Totals totals, List<Run> failures) {
    totals.add(run.report());
    if (run.failed() != null) {
      failures.add(run);
    }
  }

  private Run run(long seed) {
    try {
      return new Run(seed, prepare(seed, null, only, untilNanos()).run(), null);
    } catch (SimulationFailure failure) {
      return new Run(
          seed,
          null,
          Shrinker.shrink(() -> prepare(seed, null, only, untilNanos()), failure, shrink));
    }
  }

  private Simulation prepare(
      long seed, @Nullable TraceSink sink, @Nullable Set<Integer> faults, long healsAt) {
    Simulation simulation = circumstances.simulation(seed, sink).healingAt(healsAt);
    if (faults == null) {
      return simulation;
    }
    Set<Integer> real = new TreeSet<>(faults);
    real.remove(0);
    return simulation.onlyFaults(real);
  }

  private long untilNanos() {
    return until == null ? Long.MAX_VALUE : until.toNanos();
  }

  // ---------------------------------------------------------------------------------------------
  // Failures
  // ---------------------------------------------------------------------------------------------

  private void printFailure(PrintWriter out, Run run) {
    Shrinker.Smaller smaller = run.failed();
    if (smaller == null) {
      return;
    }
    out.println();
    out.println(smaller.failure().getMessage());
    out.println(
        smaller.faults().isEmpty()
            ? "  without any fault"
            : "  after these faults, no fewer found:");
    smaller.faults().forEach(fault -> out.println("    " + fault));
    StringBuilder command = new StringBuilder("./jangada simulate --seed ").append(run.seed());
    circumstances.appendTo(command);
    // A number that is no fault's stands for none at all.
    List<String> numbers = numbers(smaller).stream().map(String::valueOf).toList();
    command.append(" --only ").append(numbers.isEmpty() ? "0" : String.join(",", numbers));
    if (smaller.healsAtNanos() != Long.MAX_VALUE) {
      command.append(" --until ").append(smaller.healsAtNanos()).append("ns");
    }
    out.println("  replay: " + command + " --trace run.html");
    out.println();
  }

  private static Set<Integer> numbers(Shrinker.Smaller smaller) {
    Set<Integer> numbers = new TreeSet<>();
    smaller.faults().forEach(fault -> numbers.add(fault.number()));
    return numbers;
  }

  private void traceFailure(Run run) throws IOException {
    Shrinker.Smaller smaller = run.failed();
    if (smaller != null) {
      traced(run.seed(), numbers(smaller), smaller.healsAtNanos());
    }
  }

  /** Runs once, and writes down what happens. */
  private Run traced(long seed, @Nullable Set<Integer> faults, long healsAt) throws IOException {
    Path file = trace;
    if (file == null) {
      throw new IllegalStateException("there is no file to write to");
    }
    String title = "jangada simulate --seed " + seed;
    if (isText(file)) {
      try (Writer writer = Files.newBufferedWriter(file)) {
        return result(seed, faults, healsAt, TextTrace.to(writer));
      }
    }
    try (HtmlTrace page = HtmlTrace.open(file, title)) {
      return result(seed, faults, healsAt, page);
    }
  }

  private Run result(
      long seed, @Nullable Set<Integer> faults, long healsAt, @Nullable TraceSink sink) {
    Simulation simulation = prepare(seed, sink, faults, healsAt);
    try {
      return new Run(seed, simulation.run(), null);
    } catch (SimulationFailure failure) {
      return new Run(seed, null, new Shrinker.Smaller(simulation.plan(), healsAt, failure));
    }
  }

  private static boolean isText(Path file) {
    return file.toString().endsWith(".txt");
  }
}
