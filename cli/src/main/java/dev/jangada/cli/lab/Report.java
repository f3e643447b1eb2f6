package dev.jangada.cli.lab;

import dev.jangada.simulation.lab.LabResult;
import dev.jangada.simulation.lab.LabScenario;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What is printed of the runs, on standard output. It depends on the results alone: the same runs
 * give the same bytes.
 */
final class Report {

  /** Of one scenario's failures, so many are told. */
  private static final int MOST_FAILURES = 10;

  private final PrintWriter out;
  private final boolean realTime;
  private long passed;
  private long failed;

  Report(PrintWriter out, boolean realTime) {
    this.out = out;
    this.realTime = realTime;
  }

  long passed() {
    return passed;
  }

  long failed() {
    return failed;
  }

  /** A scenario begins. */
  void begin(LabScenario scenario) {
    print("Test (%s): %s ...", scenario.part(), scenario.title());
  }

  /** All runs of the scenario that has begun are done. */
  void end(List<LabResult> results) {
    List<LabResult> failures = results.stream().filter(result -> !result.passed()).toList();
    failed += failures.size();
    passed += results.size() - failures.size();
    String verdict = failures.isEmpty() ? "Passed" : "Failed";
    if (results.size() == 1) {
      LabResult result = results.getFirst();
      print(
          "  ... %s -- %6.1f %2d %6d %9d %5d",
          verdict,
          result.seconds(),
          result.peers(),
          result.rpcs(),
          result.bytes(),
          result.commands());
    } else {
      print(
          "  ... %s -- %d of %d runs; least / mean / most of",
          verdict, results.size() - failures.size(), results.size());
      spread("time", "%.1f", results, LabResult::seconds);
      spread("rpcs", "%.0f", results, LabResult::rpcs);
      spread("bytes", "%.0f", results, LabResult::bytes);
      spread("commands", "%.0f", results, LabResult::commands);
    }
    notes(results);
    failures.stream().limit(MOST_FAILURES).forEach(this::failure);
    if (failures.size() > MOST_FAILURES) {
      print("      and %d more", failures.size() - MOST_FAILURES);
    }
  }

  /** Each different note once, with how many runs have it and the first of them. */
  private void notes(List<LabResult> results) {
    Map<String, List<LabResult>> byNote = new LinkedHashMap<>();
    for (LabResult result : results) {
      String note = result.note();
      if (note != null) {
        byNote.computeIfAbsent(note, each -> new ArrayList<>()).add(result);
      }
    }
    byNote.forEach((note, noted) ->
        print(
            "      note: %s (%d of %d runs, the first with seed %d)",
            note, noted.size(), results.size(), noted.getFirst().seed()));
  }

  private void spread(
      String name, String format, List<LabResult> results, ToDoubleFunction<LabResult> value) {
    double[] values = results.stream().mapToDouble(value).sorted().toArray();
    double sum = 0;
    for (double each : values) {
      sum += each;
    }
    String all = format + " / " + format + " / " + format;
    print("      %-8s " + all, name, values[0], sum / values.length, values[values.length - 1]);
  }

  private void failure(LabResult result) {
    String text = String.valueOf(result.failure());
    print("      seed %d: %s", result.seed(), text.indent(10).strip());
    print("      again: ./jangada lab %s", replay(result));
  }

  /** The arguments that repeat a run. */
  private String replay(LabResult result) {
    return result.scenario().fullName()
        + " --seed "
        + result.seed()
        + (realTime ? " --real-time" : "");
  }

  /** The last line. */
  void total() {
    print("%d passed, %d failed", passed, failed);
  }

  private void print(String format, Object... arguments) {
    out.printf(Locale.ROOT, format + "%n", arguments);
    out.flush();
  }
}
