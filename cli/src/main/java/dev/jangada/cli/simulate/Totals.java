package dev.jangada.cli.simulate;

import dev.jangada.simulation.Fault;
import dev.jangada.simulation.Simulation;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What all runs together were like. Runs that failed count as runs only. */
final class Totals {

  private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
  private long runs;
  private long virtualNanos;
  private long steps;
  private long refusedLogs;
  private long starts;
  private long terms;
  private long committed;
  private long configurations;
  private long messages;
  private long asked;
  private long answered;
  private Simulation.Snapshots snapshots = Simulation.Snapshots.NONE;
  private long undecided;

  long runs() {
    return runs;
  }

  void add(Simulation.@Nullable Report report) {
    runs++;
    if (report == null) {
      return;
    }
    virtualNanos += report.virtualNanos();
    steps += report.events();
    report.faultsByKind().forEach((fault, count) -> faults.merge(fault, count, Long::sum));
    refusedLogs += report.refusedLogs();
    starts += report.starts();
    terms += report.terms();
    committed += report.committed();
    configurations += report.configurations();
    messages += report.messages();
    asked += report.asked();
    answered += report.answered();
    snapshots = snapshots.plus(report.snapshots());
    undecided += report.undecided() ? 1 : 0;
  }

  void print(PrintWriter out, Circumstances circumstances) {
    out.println((runs == 1 ? "1 run " : runs + " runs ") + circumstances);
    line(out, "simulated time", time(virtualNanos));
    line(out, "steps", count(steps));
    long all = faults.values().stream().mapToLong(Long::longValue).sum();
    line(out, "faults", count(all) + (all == 0 ? "" : ": " + byKind()));
    line(out, "node starts", count(starts) + ", refused for damage " + count(refusedLogs));
    line(out, "terms with a leader", count(terms));
    line(
        out,
        "entries committed",
        count(committed) + ", " + count(configurations) + " of them configurations");
    line(
        out,
        "snapshots",
        count(snapshots.saved())
            + " saved, "
            + count(snapshots.begun())
            + " begun to be sent, "
            + count(snapshots.resumed())
            + " resumed, "
            + count(snapshots.sent())
            + " received, "
            + count(snapshots.installed())
            + " installed; logs cut "
            + count(snapshots.cuts())
            + " times");
    line(out, "messages", count(messages));
    line(
        out,
        "operations checked",
        count(asked)
            + ", answered "
            + count(answered)
            + (undecided == 0 ? "" : "; gave up on the order of " + undecided + " histories"));
  }

  private String byKind() {
    return faults.entrySet().stream()
        .map(entry -> entry.getKey().label() + " " + count(entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** Says how fast it went: another text each time. */
  void printSpeed(PrintWriter err, long realNanos, int parallel) {
    double seconds = Math.max(1, realNanos) / 1e9;
    err.printf(
        Locale.ROOT,
        "%.1f s of real time, %d at a time: %,.0f x real time, %,.0f steps/s%n",
        seconds,
        parallel,
        virtualNanos / 1e9 / seconds,
        steps / seconds);
    err.flush();
  }

  private static void line(PrintWriter out, String name, String value) {
    out.printf("  %-20s %s%n", name, value);
  }

  private static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String time(long nanos) {
    long seconds = nanos / 1_000_000_000;
    return String.format(
        Locale.ROOT, "%d h %02d min %02d s", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
